"""Where the subject is: faces, what draws the eye, and the point to keep because of them."""

from framefit.focus.faces import Faces, can_find_faces, find_faces
from framefit.focus.glimpse import glimpse
from framefit.focus.resolving import Found, resolve

__all__ = ["Faces", "Found", "can_find_faces", "find_faces", "glimpse", "resolve"]
