"""The studio's API: uploads that do not stay, real renders, one sheet, zip files, videos with receipts."""

from __future__ import annotations

import base64
import io
import os
import shlex
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

import framefit
from framefit.catalog import builtin
from framefit.geometry import Size
from framefit.options import Options
from framefit.planning import Target, decide
from framefit.probing import probe
from framefit.server.envelope import ApiError
from framefit.server.options import ServerOptions
from framefit.server.running import RunningServer
from framefit.server.studio.app import video_address
from framefit.server.studio.page_routes import HEADERS
from framefit.server.studio.uploads import Uploads
from framefit.server.studio.views import reduced
from framefit.surveying import check_all
from pictures import CORNERS, encoded, one_colour_png, scene, stored_with, with_orientation
from serving import send, serving
from studios import KEYS, WISH, api, made, order, uploaded


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        for key in KEYS:
            patch.delenv(key, raising=False)
        with serving(tmp_path_factory.mktemp("studio")) as server:
            yield server


def view(server_: RunningServer, picture: str, which: str, **wish: Any) -> Image.Image:
    reply = api(server_, "GET", f"/pictures/{picture}/views/{which}", params=wish).raise_for_status()
    assert reply.headers["content-type"] == "image/jpeg"
    image = Image.open(io.BytesIO(reply.content))
    image.load()
    return image


def near(color: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(color, wanted, strict=True))


def test_browsers_get_the_page_and_programs_get_facts(server: RunningServer) -> None:
    """At / who accepts HTML gets the page, under a policy that keeps it here; everybody else gets JSON."""
    page = send("GET", server.url, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html") and "<main" in page.text
    assert page.headers["content-security-policy"] == HEADERS["content-security-policy"]
    assert "default-src 'none'" in HEADERS["content-security-policy"]
    facts = send("GET", server.url, headers={"accept": "application/json"})
    assert facts.json()["engine"] == "framefit embedded engine"
    assert page.headers["vary"] == facts.headers["vary"] == "accept, accept-encoding"


def test_files_of_the_page_are_sent_once_and_small(server: RunningServer) -> None:
    """A file comes compressed to who takes that, as it is to who does not, and not again to who has it."""
    for path in ("", "/studio/app.js", "/studio/languages/ko.json"):
        asked = {"accept": "text/html,*/*"}
        plain = send("GET", server.url + path, headers={**asked, "accept-encoding": "identity"})
        packed = send("GET", server.url + path, headers={**asked, "accept-encoding": "gzip"})
        assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
        assert plain.content == packed.content
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
        again = send("GET", server.url + path, headers={**asked, "if-none-match": packed.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = send("HEAD", server.url + path, headers=asked) if path else plain
        assert head.status_code == 200 and head.headers["etag"] == packed.headers["etag"]


@pytest.mark.parametrize(
    "path", ["/studio/../app.py", "/studio/%2e%2e/app.py", "/studio/page", "/studio/", "/studio/none.js"]
)
def test_only_files_of_the_page_are_sent(server: RunningServer, path: str) -> None:
    """Nothing but the listed files of the page can be fetched below /studio/."""
    with httpx.Client(verify=False) as client:
        reply = client.get(httpx.URL(server.url).copy_with(raw_path=path.encode()))
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "unknown_url")


def test_other_origins_are_refused(server: RunningServer) -> None:
    """A web page of another origin can neither upload nor look."""
    headers = {"origin": "https://evil.example"}
    for method, path in (("POST", "/pictures?name=a.jpg"), ("GET", "/videos"), ("GET", "/choices")):
        assert api(server, method, path, headers=headers).json()["error"]["code"] == "origin_not_allowed"


def test_an_upload_keeps_its_name_and_facts(server: RunningServer) -> None:
    """An upload is answered with its facts; of its name only the last part counts."""
    data = encoded(stored_with(scene(120, 160), 6), exif=with_orientation(6))
    picture = uploaded(server, data, "C:\\photos\\..\\My photo.jpg")
    found = api(server, "GET", f"/pictures/{picture}").json()
    assert (found["name"], found["info"]["size"], found["info"]["orientation"]) == (
        "My photo.jpg",
        "120x160",
        6,
    )
    assert 3500 < found["expires_at"] - time.time() <= 3600


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"these are words", 415, "not_a_picture"),
        (b"", 422, "picture_empty"),
        (encoded(scene(64, 64))[:60], 422, "picture_broken"),
        (one_colour_png(30_000, 30_000), 413, "picture_too_large"),
    ],
    ids=["text", "empty", "cut", "huge"],
)
def test_what_is_no_good_is_not_kept(tmp_path: Path, data: bytes, status: int, code: str) -> None:
    """A file that cannot be used is answered with the typed error, and leaves nothing behind."""
    with serving(tmp_path, workers=0) as server:
        reply = api(server, "POST", "/pictures?name=a.jpg", content=data)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (status, code)
        assert error["message"] and str(tmp_path) not in reply.text
        assert not list((tmp_path / "studio" / "pictures").iterdir())


def test_the_limit_of_a_body_holds(tmp_path: Path) -> None:
    """An upload over the server's limit is refused while it arrives."""
    with serving(tmp_path, workers=0, max_body_bytes=4096) as server:
        reply = api(server, "POST", "/pictures?name=a.png", content=bytes(8192))
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "request_too_large")


def test_an_upload_is_gone_after_its_hour(server: RunningServer, tmp_path: Path) -> None:
    """An upload whose hour is over is not found any more, and the next sweep deletes its files."""
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(64, 48)))
        files = list((tmp_path / "studio" / "pictures").iterdir())
        assert len(files) == 2
        for file in files:
            os.utime(file, (time.time() - 3601,) * 2)
        reply = api(server, "GET", f"/pictures/{picture}")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "upload_not_found")
        Uploads(tmp_path / "studio" / "pictures").sweep()
        assert not list((tmp_path / "studio" / "pictures").iterdir())


def test_a_sweep_spares_what_is_young(server: RunningServer, tmp_path: Path) -> None:
    """A sweep leaves an upload alone whose hour is not over."""
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(64, 48)))
        Uploads(tmp_path / "studio" / "pictures").sweep()
        assert api(server, "GET", f"/pictures/{picture}").status_code == 200
        assert api(server, "DELETE", f"/pictures/{picture}").status_code == 204
        assert api(server, "GET", f"/pictures/{picture}").status_code == 404


@pytest.mark.parametrize("picture", ["../../jobs", "x", "0" * 32, "0" * 31 + "g"])
def test_ids_that_nobody_has(server: RunningServer, picture: str) -> None:
    """An id that no upload has is a 404 in the envelope, whatever it looks like."""
    reply = api(server, "GET", f"/pictures/{picture}/plan")
    assert reply.status_code == 404 and "error" in reply.json()


def test_room_is_bounded(tmp_path: Path) -> None:
    """When the uploads take all the room they may, the next one is refused until there is room again."""
    uploads = Uploads(tmp_path, most_bytes=10)

    async def body() -> Any:
        yield encoded(scene(64, 48))

    import asyncio

    asyncio.run(uploads.add("a.jpg", body()))
    with pytest.raises(ApiError) as caught:
        asyncio.run(uploads.add("b.jpg", body()))
    assert (caught.value.status, caught.value.code) == (507, "no_room")


@pytest.mark.parametrize(
    ("wish", "param"),
    [({"mode": "zoom"}, "mode"), ({"colour": "red"}, "colour"), ({"longest": "9"}, "longest")],
)
def test_wishes_are_validated(server: RunningServer, wish: dict[str, str], param: str) -> None:
    """A word that is not known, or a field that does not exist, is refused and named."""
    picture = uploaded(server, encoded(scene(64, 48)))
    reply = api(server, "GET", f"/pictures/{picture}/views/fitted", params={**WISH, **wish})
    assert (reply.status_code, reply.json()["error"]["param"]) == (422, param)


def test_a_plan_says_both(server: RunningServer) -> None:
    """A plan tells what the server would do untouched, in its own words, and what framefit would send."""
    picture = uploaded(server, encoded(scene(1600, 1200)))
    told = api(server, "GET", f"/pictures/{picture}/plan", params={**WISH, "size": "1280x720"}).json()
    assert told["forecast"]["verdict"] == "reject"
    assert "Inpaint image must match" in told["forecast"]["findings"][0]["message"]
    assert (told["plan"]["canvas"], told["plan"]["mode"], told["error"]) == ("1280x720", "cover", None)
    wrong = api(server, "GET", f"/pictures/{picture}/plan", params={**WISH, "size": "999x999"}).json()
    assert wrong["plan"] is None and wrong["error"]["code"] == "size_not_offered"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"size": "1280x720", "focus": "0.1,0.9"},
        {"mode": "pad", "backdrop": "blur"},
        {"size": "auto", "crop": "0.1,0.2,0.9,0.8", "mode": "auto"},
        {"mode": "stretch", "backdrop": "#123456"},
    ],
)
def test_what_is_shown_to_copy_makes_the_same_file(
    server: RunningServer, tmp_path: Path, wish: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command and the line of Python make, byte for byte, the file that the page downloads."""
    data = encoded(stored_with(scene(900, 1200), 6), exif=with_orientation(6))
    picture = uploaded(server, data, "it's mine.jpg")
    asked = {**WISH, **wish}
    told = api(server, "GET", f"/pictures/{picture}/plan", params=asked).json()
    reply = api(server, "GET", f"/pictures/{picture}/fitted", params=asked)
    (tmp_path / "it's mine.jpg").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    assert eval(told["python"], {"framefit": framefit}).data == reply.content
    from framefit.cli.main import app

    words = [*shlex.split(told["command"])[1:], "-o", "out.jpg"]
    app(words, standalone_mode=False)
    assert (tmp_path / "out.jpg").read_bytes() == reply.content
    assert "it%27s%20mine.jpg" in reply.headers["content-disposition"]


def test_untouched_as_a_strict_server_reads_it(server: RunningServer) -> None:
    """A server that ignores EXIF is shown using the picture sideways; the fitted view stands upright."""
    photo = encoded(stored_with(scene(900, 1200), 6), exif=with_orientation(6))
    picture = uploaded(server, photo)
    seen = view(server, picture, "untouched", longest=400, **WISH)
    assert seen.size == (400, 300)
    # The corner that is red at the top left upright lies at the bottom left as stored.
    assert near(seen.getpixel((10, 290)), CORNERS["red"]) and near(seen.getpixel((10, 10)), CORNERS["green"])
    sent = view(server, picture, "fitted", longest=400, mode="pad", **WISH)
    assert sent.size == (225, 400)
    assert view(server, picture, "picture", longest=400).size == (300, 400)


@pytest.mark.parametrize("kind", ["stretch", "crop"])
def test_untouched_as_a_lenient_server_uses_it(server: RunningServer, kind: str) -> None:
    """The untouched view has the shape of the video, stretched or cut as the rule of the server says."""
    data = encoded(scene(1600, 800), "PNG")
    row = next(
        row
        for row in check_all(data)
        if row.verdict == kind
        and row.forecast.outcome is not None
        and row.forecast.outcome.video is not None
        and (kind == "stretch" or row.forecast.outcome.lost > 0.05)
    )
    wish = {"model": row.rule.model, "server": row.rule.server}
    seen = view(server, uploaded(server, data, "a.png"), "untouched", longest=600, **wish)
    outcome = row.forecast.outcome
    assert outcome is not None and outcome.video is not None
    assert seen.width / seen.height == pytest.approx(outcome.video.ratio, rel=0.01)
    corners = near(seen.getpixel((6, 6)), CORNERS["red"])
    share = 0.25 if kind == "stretch" else max(0.0, (0.25 - outcome.lost / 2) / (1 - outcome.lost))
    edge = int(seen.width * share)
    assert corners == (share > 0.02)
    assert not near(seen.getpixel((edge + 12, 6)), CORNERS["red"])


def test_untouched_drops_transparency(server: RunningServer) -> None:
    """Where a server drops transparency, what lies under it shows: often black."""
    picture = Image.new("RGBA", (720, 1280), (0, 0, 0, 0))
    picture.paste((250, 250, 250, 255), (0, 0, 720, 640))
    name = uploaded(server, encoded(picture, "PNG"), "a.png")
    seen = view(server, name, "untouched", longest=320, **WISH)
    assert near(seen.getpixel((20, 20)), (250, 250, 250)) and near(seen.getpixel((20, 310)), (0, 0, 0))
    sent = view(server, name, "fitted", longest=320, backdrop="white", **WISH)
    assert near(sent.getpixel((20, 310)), (255, 255, 255))


def test_a_view_is_the_fitted_picture_made_smaller(server: RunningServer) -> None:
    """A view has the parts of the fitted picture at the same places, for every mode."""
    data = encoded(scene(1600, 900))
    picture = uploaded(server, data)
    for wish in (
        {"mode": "cover", "focus": "0,0.5"},
        {"mode": "pad", "backdrop": "white"},
        {"mode": "stretch"},
    ):
        small = view(server, picture, "fitted", longest=320, size="720x1280", **wish)
        whole = framefit.fit(data, size="720x1280", **wish).to_pil().resize(small.size)  # type: ignore[arg-type]
        differences = Image.new("L", small.size)
        from PIL import ImageChops, ImageStat

        differences = ImageChops.difference(small.convert("L"), whole.convert("L"))
        assert ImageStat.Stat(differences).mean[0] < 4


def test_a_reduced_plan_keeps_what_it_shows() -> None:
    """Making a plan smaller changes neither the part of the picture nor, to a pixel, its place."""
    info = probe(encoded(scene(1000, 300)))
    plan = decide(info, Target(size=Size(1080, 1920)), Options(mode="pad"))
    small = reduced(plan, 96)
    assert small.canvas == (54, 96) and small.placement.source == plan.placement.source
    for one, other in zip(small.placement.target, plan.placement.target, strict=True):
        assert abs(one - other / 20) <= 1
    assert reduced(plan, 4000).placement == plan.placement


def test_the_sheet_holds_every_live_model_once(server: RunningServer) -> None:
    """The contact sheet names every live model once, and each preview has the shape of its canvas."""
    data = encoded(scene(1600, 1200))
    sheet = api(server, "GET", f"/pictures/{uploaded(server, data)}/sheet").json()
    named = [(row["model"], row["server"]) for group in sheet["groups"] for row in group["targets"]]
    named += [(row["model"], row["server"]) for row in sheet["without"]]
    assert sorted(named) == sorted((row.rule.model, row.rule.server) for row in check_all(data))
    for group in sheet["groups"]:
        preview = Image.open(io.BytesIO(base64.b64decode(group["preview"].partition(",")[2])))
        assert preview.width / preview.height == pytest.approx(Size.parse(group["canvas"]).ratio, rel=0.02)
        assert 0 < group["kept"] <= 1


def test_a_zip_file_loses_none_and_names_what_failed(server: RunningServer) -> None:
    """Two pictures of one name both stand in the zip file, and one that cannot be fitted is named in it."""
    data = encoded(scene(800, 600))
    good = [uploaded(server, data, "a.jpg"), uploaded(server, data, "A.JPG")]
    wishes: list[dict[str, str]] = [WISH, WISH, {**WISH, "size": "1x1"}]
    items = [{"picture": one, "wish": wish} for one, wish in zip([*good, good[0]], wishes, strict=True)]
    reply = api(server, "POST", "/zip", json={"pictures": items})
    archive = zipfile.ZipFile(io.BytesIO(reply.content))
    assert sorted(archive.namelist()) == ["A-2.jpg", "a.jpg", "not-fitted.txt"]
    assert b"size_not_offered" in archive.read("not-fitted.txt")
    assert (reply.headers["x-framefit-fitted"], reply.headers["x-framefit-failed"]) == ("2", "1")
    assert archive.read("a.jpg") == framefit.fit(data, model="sora-2", server="embedded").data
    again = api(server, "POST", "/zip", json={"pictures": items})
    assert again.content == reply.content
    none = api(server, "POST", "/zip", json={"pictures": items[2:]})
    assert (none.status_code, none.json()["error"]["code"]) == (400, "size_not_offered")


def test_a_video_of_the_embedded_engine(server: RunningServer) -> None:
    """The embedded engine costs nothing, and its video comes with a receipt and the picture that was sent."""
    picture = uploaded(server, encoded(scene(900, 1200)))
    quote = api(server, "GET", f"/videos/quote/{picture}", params=WISH).json()
    assert quote["embedded"] and quote["cost_usd"] == 0 and not quote["needs_confirmation"]
    assert "not a generative model" in quote["engine"]
    reply = api(server, "POST", "/videos", json=order(picture, seconds="4"))
    assert reply.status_code == 202
    record = made(server, reply.json()["id"])
    assert record["status"] == "completed" and record["ok"] and record["receipt"]["ssim"] > 0.9
    sent = api(server, "GET", f"/videos/{record['id']}/reference")
    assert Image.open(io.BytesIO(sent.content)).size == (720, 1280)
    small = api(server, "GET", f"/videos/{record['id']}/reference", params={"longest": 160})
    assert Image.open(io.BytesIO(small.content)).size == (90, 160)
    video = api(server, "GET", f"/videos/{record['id']}/content", headers={"range": "bytes=0-99"})
    assert (video.status_code, len(video.content), video.headers["content-type"]) == (206, 100, "video/mp4")
    assert record["id"] in [one["id"] for one in api(server, "GET", "/videos").json()["videos"]]
    assert api(server, "DELETE", f"/videos/{record['id']}").status_code == 204
    assert api(server, "GET", f"/videos/{record['id']}").status_code == 404


def test_another_take_of_the_embedded_engine(tmp_path: Path) -> None:
    """Another take of the engine's own needs no consent, and is a video of its own of the same picture."""
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(900, 1200)))
        first = api(server, "POST", "/videos", json=order(picture)).json()
        second = api(server, "POST", f"/videos/{first['id']}/another", json={}).json()
        assert (first["take"], second["take"]) == (1, 2) and second["video_id"] != first["video_id"]
        sent = [api(server, "GET", f"/videos/{one['id']}/reference").content for one in (first, second)]
        assert sent[0] == sent[1]
        missing = api(server, "POST", f"/videos/make_{'0' * 32}/another", json={})
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("wish", "seconds", "code"),
    [
        ({"model": "ray-2", "server": "luma"}, "4", "unknown_server"),
        (WISH, "5", "seconds_not_offered"),
        ({**WISH, "size": "1x1"}, "4", "size_not_offered"),
    ],
)
def test_an_order_that_cannot_be_met(
    server: RunningServer, wish: dict[str, str], seconds: str, code: str
) -> None:
    """An order for what the engine does not render is refused, and nothing is put on record."""
    picture = uploaded(server, encoded(scene(64, 48)))
    before = api(server, "GET", "/videos").json()
    body = {"picture": picture, "wish": wish, "prompt": "x", "seconds": seconds}
    reply = api(server, "POST", "/videos", json=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
    assert api(server, "GET", "/videos").json() == before


def test_videos_outlive_the_server(tmp_path: Path) -> None:
    """A video that was asked for stands in the list of the next server on the same folder, and is finished there."""
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(720, 1280)))
        name = api(server, "POST", "/videos", json=order(picture)).json()["id"]
        assert api(server, "GET", f"/videos/{name}").json()["status"] == "queued"
        assert api(server, "DELETE", f"/videos/{name}").status_code == 409
    with serving(tmp_path) as server:
        assert made(server, name)["ok"]


def test_another_server_is_named_and_has_to_be_agreed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another server configured nothing is sent before the person agreed, then the video is fetched and verified."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    with serving(tmp_path / "there") as there:
        monkeypatch.setenv("FRAMEFIT_BASE_URL", there.base_url)
        with serving(tmp_path / "here", workers=0) as here:
            assert api(here, "GET", "/choices").json()["engine"] == {"name": "127.0.0.1", "embedded": False}
            picture = uploaded(here, encoded(scene(900, 1200)))
            quote = api(here, "GET", f"/videos/quote/{picture}", params=WISH).json()
            assert quote["needs_confirmation"] and quote["cost_usd"] is None
            refused = api(here, "POST", "/videos", json=order(picture))
            assert (refused.status_code, refused.json()["error"]["code"]) == (409, "confirmation_needed")
            assert send("GET", f"{there.base_url}/videos").json()["data"] == []
            reply = api(here, "POST", "/videos", json=order(picture, confirmed=True))
            record = made(here, reply.json()["id"])
            assert record["status"] == "completed" and record["ok"] and record["engine"] == "127.0.0.1"
            assert len(send("GET", f"{there.base_url}/videos").json()["data"]) == 1
            assert api(here, "GET", f"/videos/{record['id']}/content").status_code == 200
            again = api(here, "POST", "/videos", json=order(picture, confirmed=True)).json()
            assert made(here, again["id"])["ok"] and again["id"] != record["id"]
            # The ledger knows the video: it is handed over again, and not asked for again.
            assert len(send("GET", f"{there.base_url}/videos").json()["data"]) == 1


@pytest.mark.slow
def test_a_server_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the configured server cannot be reached, the record says so, and that nothing was started."""
    monkeypatch.setenv("FRAMEFIT_BASE_URL", "http://127.0.0.1:9/v1")
    with serving(tmp_path, workers=0) as server:
        picture = uploaded(server, encoded(scene(900, 1200)))
        reply = api(server, "POST", "/videos", json=order(picture, confirmed=True))
        record = made(server, reply.json()["id"])
        assert (record["status"], record["error"]["code"]) == ("failed", "server_unreachable")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://localhost:8123/v1", True),
        ("http://127.0.0.1:8123", True),
        ("http://127.0.0.1:8124/v1", False),
        ("https://api.example.com:8123/v1", False),
        ("", True),
    ],
)
def test_its_own_address_means_its_own_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, own: bool
) -> None:
    """A server whose own address, or none, is configured makes videos with its own engine."""
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    address = video_address(ServerOptions(data_folder=tmp_path, port=8123))
    assert (address.base_url is None) == own


def test_choices_name_every_live_model(server: RunningServer) -> None:
    """The choices hold every live first-frame rule, the embedded engine's models first."""
    models = api(server, "GET", "/choices").json()["models"]
    live = {
        (rule.model, rule.server)
        for rule in builtin()
        if rule.status == "live" and rule.role == "first_frame"
    }
    assert {(one["model"], one["server"]) for one in models} <= live
    assert [one["server"] for one in models[:2]] == ["embedded", "embedded"]
