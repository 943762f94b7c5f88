"""What a sender's address says about who writes: a hint for staff, never a gate."""

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
    """One sentence about the address, empty where nothing can be said."""
    domain = address.rpartition("@")[2].strip().lower()
    if domain in FREE_MAIL:
        return f"The sender writes from a free mail address ({domain})."
    if domain.endswith(GOVERNMENT):
        return f"The sender writes from a government address ({domain})."
    if any(word in domain.replace("-", "") for word in POLICE):
        return f"The sender's address names a law enforcement agency ({domain})."
    return ""
