"""Everything that can go wrong outside our own code, each with a stable code.

The code is what an administrator reads to the support line; the sentence that goes with it,
in bokmål and nynorsk, is in `config/errors.yaml`.
"""

from enum import StrEnum


class Fault(StrEnum):
    """A fault and its stable code. Never renumber; retire a code instead."""

    # 1xx: configuration (exit status 2)
    FILE_UNREADABLE = "HK-101"
    YAML_INVALID = "HK-102"
    KEY_UNKNOWN = "HK-103"
    KEY_MISSING = "HK-104"
    KEY_DUPLICATE = "HK-105"
    VALUE_INVALID = "HK-106"
    TEXT_MISSING = "HK-107"
    PLACEHOLDER_WRONG = "HK-108"
    COMMANDS_COLLIDE = "HK-109"
    COMMAND_WITHOUT_PHRASE = "HK-110"
    HOST_NOT_ALLOWED = "HK-111"
    SECRET_MISSING = "HK-112"
    BACKEND_UNKNOWN = "HK-113"
    BACKEND_NOT_INSTALLED = "HK-114"
    CLINICAL_WORD = "HK-115"
    PHRASE_TOO_LONG = "HK-116"

    # 12x: a table of recordings to measure on (exit status 2)
    TABLE_COLUMN_MISSING = "HK-121"
    TABLE_CELL_EMPTY = "HK-122"
    TABLE_EMPTY = "HK-123"
    RECORDING_UNREADABLE = "HK-124"
    FOLDER_NOT_WRITABLE = "HK-125"

    # 2xx: devices
    CAMERA_MISSING = "HK-201"
    CAMERA_LOST = "HK-202"
    MICROPHONE_MISSING = "HK-211"
    MICROPHONE_LOST = "HK-212"
    MICROPHONE_SILENT = "HK-213"
    MICROPHONE_CLIPS = "HK-214"
    MICROPHONE_FAINT = "HK-215"
    LOUDSPEAKER_MISSING = "HK-221"
    LOUDSPEAKER_LOST = "HK-222"
    SOUND_SYSTEM_MISSING = "HK-231"

    # 3xx: engines
    MODEL_MISSING = "HK-301"
    MODEL_CORRUPT = "HK-302"
    RECOGNISER_FAILED = "HK-303"
    RECOGNISER_SLOW = "HK-304"
    GRAMMAR_REFUSED = "HK-305"
    SYNTHESISER_MISSING = "HK-311"
    SYNTHESISER_FAILED = "HK-312"
    DETECTOR_FAILED = "HK-321"
    CLEANER_FAILED = "HK-322"
    PROFILE_CORRUPT = "HK-331"
    PROFILE_MISSING = "HK-332"
    PROFILE_OTHER_MODEL = "HK-333"
    PROFILE_OTHER_PHRASES = "HK-334"
    PROFILE_NOT_USED = "HK-335"
    PROFILE_NOT_WRITABLE = "HK-336"

    # 4xx: the meeting
    SERVER_UNREACHABLE = "HK-401"
    ROOM_UNKNOWN = "HK-402"
    PIN_WRONG = "HK-403"
    PIN_REQUIRED = "HK-404"
    LOGIN_REQUIRED = "HK-405"
    ROOM_NUMBER_REQUIRED = "HK-406"
    NOT_LET_IN = "HK-407"
    REMOVED = "HK-408"
    MEETING_ENDED = "HK-409"
    MEDIA_FAILED = "HK-410"
    SERVER_BUSY = "HK-411"
    NOT_A_MEETING_SERVER = "HK-412"
    CERTIFICATE_INVALID = "HK-413"
    CONNECTION_LOST = "HK-414"
    JOIN_REFUSED = "HK-415"
    NO_NETWORK = "HK-416"
    ADDRESS_UNKNOWN = "HK-417"
    SERVER_SILENT = "HK-418"
    TLS_FAILED = "HK-419"
    NETWORK_LOGIN = "HK-420"
    ROOM_FULL = "HK-421"
    HOSTS_LEFT = "HK-422"
    LEFT_ALONE = "HK-423"
    ENDED_BY_SERVICE = "HK-424"
    SERVER_STOPPED = "HK-425"

    # 5xx: this machine
    PORT_IN_USE = "HK-501"
    AGENT_NOT_RUNNING = "HK-502"
    AGENT_ALREADY_RUNNING = "HK-503"
    PHRASE_NOT_KNOWN = "HK-504"
    SOUND_FILES_MISSING = "HK-505"

    # 6xx: fetching and choosing models (exit status 2)
    MODEL_UNKNOWN = "HK-601"
    MANIFEST_INVALID = "HK-602"
    MODEL_NOT_PINNED = "HK-603"
    SUM_NOT_USABLE = "HK-604"
    OWN_FILE_UNKNOWN = "HK-605"
    MODEL_FILE_WRONG = "HK-606"
    MODEL_FILE_SIZE = "HK-607"
    DISK_FULL = "HK-608"
    MODEL_NOT_WRITABLE = "HK-609"
    DOWNLOAD_FAILED = "HK-611"
    DOWNLOAD_CERTIFICATE = "HK-612"
    DOWNLOAD_CUT = "HK-613"
    PACKAGE_FAILED = "HK-614"
    MODEL_NOT_CHOSEN_ALONE = "HK-621"
    SETTINGS_NOT_WRITABLE = "HK-622"


Value = str | int | float


class PartError(Exception):
    """A part cannot go on: a device, an engine or a service failed.

    Its text is the code and the *names* of its values, so that it may stand in a log;
    the values themselves may be room names or device names and are only put into the
    sentence that a person reads.
    """

    def __init__(self, fault: Fault, **values: Value) -> None:
        super().__init__(f"{fault.value} {fault.name}")
        self.fault = fault
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:
        # Engines live in another process; the default would drop the keywords on the way back.
        return _rebuild, (self.fault, self.values)


def _rebuild(fault: Fault, values: dict[str, Value]) -> PartError:
    return PartError(fault, **values)
