// Every endpoint that a consultation needs, asked by Pexip's own functions, which check each answer
// against their own schemas. Reads what to use from standard input, writes what came to the output.

import { readFileSync } from "node:fs";
import * as api from "@pexip/infinity-api";

const { host, alias, pin, offer } = JSON.parse(readFileSync(0, "utf-8"));
const conference = { conferenceAlias: alias };
const seen = [];

async function ask(name, call, options = {}) {
  try {
    const { status, data } = await call({ fetcher: fetch, host, params: conference, ...options });
    seen.push([name, status, data?.result ?? null]);
    return data?.result;
  } catch (error) {
    seen.push([name, 0, `${error.name}: ${error.message}`]);
  }
}

const named = (name) => ({ body: { display_name: name } });
const nowhere = { params: { conferenceAlias: "999" } };
const withPin = (one) => ({ fetcher: api.withPin(fetch, one) });

await ask("no such room", api.requestToken, { ...named("a"), ...nowhere });
await ask("no PIN", api.requestToken, named("a"));
await ask("wrong PIN", api.requestToken, { ...named("a"), ...withPin("0000") });
const seat = await ask("host", api.requestToken, { ...named("Vert"), ...withPin(pin) });
const other = await ask("guest", api.requestToken, { ...named("Kamera"), ...withPin("none") });

const host_ = { fetcher: api.withToken(fetch, seat.token) };
const self = { ...host_, params: { ...conference, participantUuid: seat.participant_uuid } };
const them = { ...host_, params: { ...conference, participantUuid: other.participant_uuid } };

await ask("bad token", api.refreshToken, { fetcher: api.withToken(fetch, "x") });
await ask("theme", api.theme, host_);
await ask("status", api.conferenceStatus, host_);
await ask("participants", api.participants, host_);
for (const name of ["lock", "unlock", "muteguests", "unmuteguests", "startConference"]) await ask(name, api[name], host_);
for (const name of [
  ...["unlockParticipant", "muteParticipant", "unmuteParticipant", "videoMuteParticipant", "videoUnmuteParticipant"],
  "clearbuzzParticipant",
]) {
  await ask(name, api[name], them);
}
await ask("roleParticipant", api.roleParticipant, { ...them, body: { role: "chair" } });
await ask("avatar", api.avatarJpgParticipant, them);
for (const name of ["clientMuteParticipant", "clientUnmuteParticipant", "buzzParticipant", "takeFloor", "releaseFloor"]) {
  await ask(name, api[name], self);
}
await ask("preferredAspectRatio", api.preferredAspectRatio, { ...self, body: { aspect_ratio: 1.5 } });

const described = { call_type: "WEBRTC", sdp: offer, media_type: "video" };
await ask("nonsense", api.callsWebrtcParticipant, { ...self, body: { ...described, sdp: "nonsense" } });
const call = await ask("call", api.callsWebrtcParticipant, { ...self, body: described });
const within = { ...self, params: { ...self.params, callUuid: call.call_uuid } };
const candidate = { candidate: "candidate:1 1 udp 2130706431 192.0.2.1 9 typ host", mid: "0", ufrag: "a", pwd: "b" };
await ask("newCandidate", api.newCandidate, { ...within, body: candidate });
await ask("end of candidates", api.newCandidate, { ...within, body: { candidate: "", mid: "0" } });
await ask("ack", api.ack, { ...within, body: {} });
await ask("update", api.update, { ...within, body: { sdp: offer } });
await ask("statistics", api.statistics, { ...within, body: { audio: { rx_bitrate: 1 } } });
await ask("disconnectCall", api.disconnectCall, within);

const renewed = await ask("refresh", api.refreshToken, host_);
await ask("kick", api.disconnectParticipant, them);
await ask("release", api.releaseToken, { fetcher: api.withToken(fetch, renewed.token), body: {} });
await ask("release again", api.releaseToken, { fetcher: api.withToken(fetch, renewed.token), body: {} });
console.log(JSON.stringify(seen));
