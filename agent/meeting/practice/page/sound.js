// How loud the room is, and the two soft tones when somebody waits.

const CHIME = [[659, 0], [880, 0.18]]; // Hertz, and seconds from the beginning.
const CHIME_S = 0.5;

export class Sound {
  #context = new AudioContext();
  #analyser = this.#context.createAnalyser();
  #source = null;
  #samples = new Float32Array(this.#analyser.fftSize);

  // After a press of a button the browser lets sound out.
  resume() {
    this.#context.resume();
  }

  listen(stream) {
    if (stream.getAudioTracks().length === 0) return;
    this.#source?.disconnect();
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
  }

  // Root mean square of the newest samples, 0 to 1.
  level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const sum = this.#samples.reduce((total, sample) => total + sample * sample, 0);
    return Math.sqrt(sum / this.#samples.length);
  }

  chime() {
    for (const [hertz, after] of CHIME) {
      const start = this.#context.currentTime + after;
      const tone = new OscillatorNode(this.#context, { frequency: hertz });
      const gain = new GainNode(this.#context, { gain: 0 });
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.15, start + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, start + CHIME_S);
      tone.connect(gain).connect(this.#context.destination);
      tone.start(start);
      tone.stop(start + CHIME_S);
    }
  }

  close() {
    this.#context.close();
  }
}
