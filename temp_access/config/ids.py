"""Which grant ids and folders S3 and a session policy can carry."""

# A session policy may hold U+0020 to U+00FF only (besides tab and line ends):
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
# A key may be 1024 bytes of UTF-8; 600 leave room for what borrowers put under their folder.
MAX_FOLDER_BYTES = 600
MAX_ID_CHARACTERS = 255
RESERVED = ".temp-access-probe-"


def id_problem(id_: str) -> str | None:
    """Return why `id_` can't be a grant's id, or None if it can."""
    if not id_:
        return "an id can't be empty; name the borrower"
    if len(id_) > MAX_ID_CHARACTERS:
        return f"the id has {len(id_)} characters, {MAX_ID_CHARACTERS} are the most; shorten it"
    if "/" in id_:
        return f"'/' at character {id_.index('/') + 1} can't be in an id; put the path into `folder`"
    return segment_problem(id_)


def folder_problem(folder: str) -> str | None:
    """Return why `folder` can't be a folder path (no slash at either end), or None if it can."""
    if not folder:
        return "a folder can't be empty: that would be the whole bucket"
    if folder.startswith("/") or folder.endswith("/"):
        return f"{folder!r} begins or ends with '/'; write the path without it"
    size = len(folder.encode("utf-8", "surrogatepass"))
    if size > MAX_FOLDER_BYTES:
        return f"the folder has {size} bytes, {MAX_FOLDER_BYTES} are the most; shorten it"
    return next(filter(None, map(segment_problem, folder.split("/"))), None)


def segment_problem(segment: str) -> str | None:
    """Return why `segment` can't be one part of a folder path, or None if it can."""
    if not segment:
        return "'//' leaves an empty part in the path; take one '/' out"
    if segment in (".", ".."):
        return f"{segment!r} can't be carried by every S3 client; choose another name"
    if segment != segment.strip():
        return f"{segment!r} begins or ends with white space; take it out"
    if segment.startswith(RESERVED):
        return f"{segment!r} begins with {RESERVED!r}, the name that `temp-access verify` uses; rename it"
    for position, character in enumerate(segment, 1):
        if not " " <= character <= "\xff" or "\x7f" <= character <= "\x9f":
            shown = character if character.isprintable() else f"U+{ord(character):04X}"
            return (
                f"{shown!r} (U+{ord(character):04X}) at character {position} can't be carried by a session "
                "policy; use U+0020 to U+00FF without control characters"
            )
    return None
