import copy
import inspect
import pickle
import re

import pytest

from framefit import errors
from framefit.errors import FramefitError, UsageError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, FramefitError)]
LEAVES = [kind for kind in KINDS if kind is not FramefitError and not kind.__subclasses__()]


def test_every_error_has_a_code_of_its_own():
    """No two classes of the tree share a code."""
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes) and all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def parents_in_drawing():
    """Each class drawn in the module's docstring with the class it hangs under."""
    found, branch = {}, [(-1, None)]
    for line in errors.__doc__.splitlines():
        match = re.match(r"^( *[│├└─ ]*)([A-Z][a-z]\w*)(?=  |$)", line)
        if match:
            depth = len(match[1])
            while branch[-1][0] >= depth:
                branch.pop()
            found[match[2]] = branch[-1][1]
            branch.append((depth, match[2]))
    return found


def test_the_tree_is_drawn_as_it_is():
    """The drawing in the docstring has every class, under the class it derives from, and no other."""
    drawn = parents_in_drawing()
    assert drawn == {
        kind.__name__: None if kind is FramefitError else kind.__base__.__name__ for kind in KINDS
    }


@pytest.mark.parametrize("kind", LEAVES)
def test_every_code_stands_in_the_drawing(kind):
    """The code of each error stands beside its name in the drawing."""
    assert re.search(rf"{kind.__name__} +{kind.code} ", errors.__doc__)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_cross_process_borders_whole(kind):
    """Pickling and copying an error keeps its class, message, seen, wanted and fix."""
    error = kind("it failed", seen="1", wanted="2", fix="--three")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind and again.as_dict() == error.as_dict() and str(again) == "it failed"


@pytest.mark.parametrize("kind", KINDS)
def test_exit_codes_tell_wrong_use_from_failure(kind):
    """Wrong usage ends with exit code 2, everything else with 1."""
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


def test_an_error_is_a_row_of_json():
    """An error gives exactly the fields that stand in JSON output."""
    assert errors.InvalidSize("no", seen="a").as_dict() == {
        "code": "invalid_size", "message": "no", "seen": "a", "wanted": None, "fix": None
    }  # fmt: skip
