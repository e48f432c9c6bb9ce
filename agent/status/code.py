"""PURE: a link as a QR code, for the iPad or the telephone."""

from io import BytesIO

import segno


def qr_code(address: str) -> bytes:
    """SVG, dark on light with the quiet zone that readers need; medium error correction."""
    buffer = BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(buffer, kind="svg", scale=6, border=4, light="#fff", xmldecl=False, svgns=True)
    return buffer.getvalue()
