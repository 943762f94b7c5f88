"""Tells staff what the sender's address suggests about them. A hint only; nothing depends on it."""

GOVERNMENT = (".gov", ".us", ".mil")
FREE_MAIL = {
    "aol.com",
    "att.net",
    "bellsouth.net",
    "comcast.net",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "sbcglobal.net",
    "verizon.net",
    "yahoo.com",
    "ymail.com",
    "zoho.com",
}
POLICE = ("police", "sheriff", "marshal", "trooper", "constable", "publicsafety")


def hint(address: str) -> str:
    """Return one sentence about the address, empty if there is nothing to say."""
    domain = address.rpartition("@")[2].strip().lower()
    if domain in FREE_MAIL:
        return f"The sender writes from a free mail address ({domain})."
    if domain.endswith(GOVERNMENT):
        return f"The sender writes from a government address ({domain})."
    if any(word in domain.replace("-", "") for word in POLICE):
        return f"The sender's address names a law enforcement agency ({domain})."
    return ""
