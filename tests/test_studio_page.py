"""The studio in a real browser: a picture is looked at, mended, fetched and made into a video."""

from __future__ import annotations

import io
import re
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import framefit
from browsing import (
    READY,
    browsing,
    code,
    downloaded,
    drop,
    phone_photo,
    pick,
    pixels,
    serious,
    settled,
    shape,
    studio,
)
from framefit.server.running import RunningServer
from framefit.videos.ledger import Intent, Ledger
from pictures import CORNERS, encoded, one_colour_png, scene, stored_with, with_orientation
from serving import serving
from studios import KEYS


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        for key in KEYS:
            patch.delenv(key, raising=False)
        with serving(tmp_path_factory.mktemp("studio")) as server:
            yield server


@pytest.fixture
def page(browser: Any, server: RunningServer) -> Iterator[Any]:
    with studio(browser, server) as page:
        yield page


def near(color: tuple[int, ...], name: str) -> bool:
    return all(abs(seen - wanted) < 40 for seen, wanted in zip(color, CORNERS[name], strict=True))


def move(page: Any, across: float, down: float) -> None:
    """Drag the frame by parts of the width and height of the picture."""
    board = page.locator("#board").bounding_box()
    frame = page.locator("#frame").bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across * board["width"], y + down * board["height"], steps=6)
    page.mouse.up()
    settled(page)


def as_the_command_says(text: str, data: bytes, folder: Path) -> bytes:
    """What the library makes of a picture with the options of the command that the page shows."""
    words = shlex.split(text)
    assert words[:2] == ["framefit", "fit"]
    options = {flag.removeprefix("--"): value for flag, value in zip(words[3::2], words[4::2], strict=True)}
    path = folder / words[2]
    path.write_bytes(data)
    return framefit.fit(path, **options).data  # type: ignore[arg-type]


def test_a_sideways_photo_is_mended_in_three_actions(page: Any, tmp_path: Path) -> None:
    """A refused phone photo is dropped, dragged to its left side and downloaded: the file has those pixels."""
    photo = phone_photo()
    drop(page, "IMG_0001.JPG", photo)
    settled(page)
    assert "would refuse" in page.text_content("#verdict")
    assert "Inpaint image must match the requested width and height" in page.text_content("#words")
    assert "sideways" in page.text_content("#findings")
    assert shape(page, "#untouched") == pytest.approx(4 / 3, abs=0.01)
    assert shape(page, "#fitted") == pytest.approx(9 / 16, abs=0.01)
    move(page, -0.5, 0)
    name, data = downloaded(page)
    fitted = pixels(data)
    assert (name, fitted.size, fitted.format) == ("IMG_0001.jpg", (720, 1280), "JPEG")
    assert near(fitted.getpixel((20, 20)), "red") and near(fitted.getpixel((20, 1260)), "yellow")
    # A quarter of the width is gone at the right, and with it the corners there.
    assert not near(fitted.getpixel((700, 20)), "green")
    assert data == as_the_command_says(code(page), photo, tmp_path)


def test_a_crop_keeps_the_shape_of_the_canvas(page: Any, tmp_path: Path) -> None:
    """Dragging a corner cuts closer without distortion, and undo brings the frame back."""
    photo = phone_photo()
    pick(page, "a.jpg", photo)
    before = page.locator("#frame").bounding_box()
    corner = page.locator('[data-corner="se"]').bounding_box()
    page.mouse.move(corner["x"] + 10, corner["y"] + 10)
    page.mouse.down()
    page.mouse.move(corner["x"] + 10 - before["width"] / 2, corner["y"] + 10 - before["height"] / 2, steps=6)
    page.mouse.up()
    settled(page)
    after = page.locator("#frame").bounding_box()
    assert after["width"] == pytest.approx(before["width"] / 2, rel=0.05)
    assert after["width"] / after["height"] == pytest.approx(9 / 16, abs=0.01)
    assert " --crop " in code(page)
    assert downloaded(page)[1] == as_the_command_says(code(page), photo, tmp_path)
    page.click("#undo")
    page.wait_for_function("() => !document.querySelector('#code code').textContent.includes('--crop')")
    settled(page)
    again = page.locator("#frame").bounding_box()
    assert [again[side] for side in ("x", "width", "height")] == pytest.approx(
        [before[side] for side in ("x", "width", "height")], abs=1
    )


def test_backdrops_and_modes_are_drawn_at_once(page: Any, tmp_path: Path) -> None:
    """A mode and a backdrop change the picture that is shown, the command, and the file."""
    photo = encoded(scene(1600, 900))
    pick(page, "wide.jpg", photo)
    first = page.get_attribute("#fitted", "src")
    page.click("label[for=size]")
    page.select_option("#size", "720x1280")
    page.click('label[for="mode-pad"]')
    page.click('label[for="backdrop-blur"]')
    page.wait_for_function("() => document.querySelector('#code code').textContent.includes('blur')")
    settled(page)
    assert page.get_attribute("#fitted", "src") != first
    assert "100%" in page.text_content("#fitted-facts")
    _, data = downloaded(page)
    assert pixels(data).size == (720, 1280)
    assert data == as_the_command_says(code(page), photo, tmp_path)
    page.click("#tab-python")
    assert code(page).startswith("framefit.fit('wide.jpg', size='720x1280', model='sora-2'")


def test_the_keyboard_alone_is_enough(page: Any) -> None:
    """Arrows move the focus, digits pick the mode, Ctrl+Z goes back, Enter downloads: no mouse is needed."""
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": phone_photo()}
    # Told early: the browser takes a moment until it hands file choosers over.
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "files":
            break
    page.keyboard.press("Enter")
    settled(page)
    page.wait_for_function("() => document.activeElement.id === 'frame'")
    said = page.get_attribute("#frame", "aria-valuetext")
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function("() => document.querySelector('#code code').textContent.includes('--focus')")
    assert page.get_attribute("#frame", "aria-valuetext") != said
    page.keyboard.press("2")
    page.wait_for_function("() => document.querySelector('#code code').textContent.includes('--mode pad')")
    page.keyboard.press("Control+z")
    page.wait_for_function("() => !document.querySelector('#code code').textContent.includes('--mode pad')")
    settled(page)
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    fitted = pixels(Path(waiting.value.path()).read_bytes())
    assert fitted.size == (720, 1280) and near(fitted.getpixel((20, 20)), "red")


def test_every_live_model_stands_on_the_sheet(page: Any) -> None:
    """The contact sheet shows every live model once, and a click on one switches to it."""
    pick(page, "a.jpg", phone_photo())
    page.wait_for_selector(".card button")
    shown = page.eval_on_selector_all(".card .name", "names => names.map(name => name.textContent)")
    live = page.eval_on_selector_all("#model option", "options => options.map(one => one.value)")
    assert sorted(shown) == sorted(live)
    assert page.eval_on_selector_all(".card .pic img", "all => all.every(one => one.naturalWidth > 0)")
    page.click('.card button:has-text("veo-3.1-fast-generate-001")')
    page.wait_for_function("() => document.querySelector('#verdict').textContent.includes('veo-3.1-fast')")
    assert "cut" in page.text_content("#verdict")
    assert "--model veo-3.1-fast-generate-001 --server vertex" in code(page)


def test_many_pictures(page: Any) -> None:
    """Each of many pictures has its verdict; settings go to all of them, and one zip file holds them."""
    pick(page, "photo.jpg", phone_photo())
    pick(page, "photo.png", encoded(scene(720, 1280), "PNG"))
    page.wait_for_function("() => document.querySelectorAll('#strip .dot').length === 2")
    tones = page.eval_on_selector_all("#strip .dot", "dots => dots.map(dot => dot.dataset.tone)")
    assert tones == ["bad", "good"]
    page.keyboard.press("2")
    page.click("#apply")
    page.click("#strip li:first-child .thumb")
    page.wait_for_function("() => document.querySelector('#code code').textContent.includes('--mode pad')")
    with page.expect_download() as waiting:
        page.click("#zip")
    archive = zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert sorted(archive.namelist()) == ["photo.jpg", "photo.png"]
    assert {pixels(archive.read(name)).size for name in archive.namelist()} == {(720, 1280)}


def test_a_video_plays_beside_its_reference(page: Any) -> None:
    """The embedded engine is named, its video plays in the page, the receipt stands by it and outlives a reload."""
    pick(page, "lake.jpg", phone_photo())
    assert "not a generative model" in page.text_content("#engine")
    page.wait_for_function("() => !document.querySelector('#go').disabled")
    assert "Costs nothing" in page.text_content("#quote")
    page.fill("#prompt", "zoom in slowly")
    page.click("#go")
    page.wait_for_selector(".receipt", timeout=120_000)
    assert page.get_attribute(".receipt", "data-tone") == "good"
    likeness = re.search(r"SSIM (0\.\d+|1\.0+)", page.text_content(".receipt"))
    assert likeness and float(likeness[1]) > 0.9
    page.locator("video").scroll_into_view_if_needed()  # browsers play what is in sight
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
    facts = page.eval_on_selector("video", "one => [one.duration, one.videoWidth, one.videoHeight]")
    assert facts == pytest.approx([4, 720, 1280], abs=0.1)
    assert shape(page, ".pair img") == pytest.approx(9 / 16, abs=0.01)
    page.reload()
    page.click('.job:has-text("zoom in slowly")')
    page.wait_for_selector('.receipt[data-tone="good"]')


def test_videos_of_the_ledger_are_listed(page: Any) -> None:
    """A video that a command asked for stands in the list with its state, in every language."""
    intent = Intent(
        server="https://s.example/v1",
        model="sora-2",
        prompt="asked for by the command",
        size="720x1280",
        seconds="4",
        picture="0" * 64,
        picture_name="boat.jpg",
    )
    with Ledger() as ledger:
        taken = ledger.claim(ledger.intend(intent).key)
        assert taken is not None
        taken[0].begin()
        taken[0].accepted("job_1", "queued")
        ledger.release(taken[0])
    page.reload()
    page.click('.job:has-text("asked for by the command")')
    said = "#stand"
    page.wait_for_function("() => document.querySelector('#stand').textContent.includes('run again')")
    assert "boat.jpg" in page.text_content("#past") and "s.example" in page.text_content(said)
    for language, words in (("ko", "서버가 만드는 중"), ("id", "server sedang bekerja")):
        page.select_option("#language", language)
        page.wait_for_function(f"() => document.documentElement.lang === '{language}'")
        assert words in page.text_content("#past") and words in page.text_content(said)


def test_a_servers_own_words_are_quoted(page: Any) -> None:
    """Why a server made no video stands in its own words within a sentence of the language that is chosen."""
    words = "Your request was blocked by our moderation system."
    intent = Intent(
        server="https://s.example/v1", model="m", prompt="lost", size="64x64", seconds="4", picture="0" * 64
    )
    with Ledger() as ledger:
        taken = ledger.claim(ledger.intend(intent).key)
        assert taken is not None
        taken[0].begin()
        taken[0].accepted("job_1", "queued")
        taken[0].failed("moderation_blocked", words)
        ledger.release(taken[0])
    page.reload()
    page.select_option("#language", "ko")
    page.click('.job:has-text("lost")')
    page.wait_for_selector("#stand q[lang=en]")
    assert page.text_content("#stand q") == words
    assert "동영상을 만들지 못했습니다" in page.text_content("#stand")


def test_a_model_the_engine_does_not_have(page: Any) -> None:
    """For a model of another server the page says that the embedded engine lacks it, and offers one it has."""
    pick(page, "a.jpg", phone_photo())
    page.select_option("#model", "ray-2 luma")
    page.wait_for_selector("#quote .link")
    assert page.is_disabled("#go")
    page.click("#quote .link")
    page.wait_for_function("() => !document.querySelector('#go').disabled")
    assert page.input_value("#model") == "sora-2 embedded"


@pytest.mark.parametrize(
    ("locale", "words"), [("ko-KR", "거부됩니다"), ("id-ID", "menolak"), ("fr-FR", "refuse")]
)
def test_the_browsers_language_is_spoken(
    browser: Any, server: RunningServer, locale: str, words: str
) -> None:
    """The page speaks the browser's language where it can, and English elsewhere."""
    with studio(browser, server, locale=locale) as page:
        pick(page, "a.jpg", phone_photo())
        assert words in page.text_content("#verdict")


@pytest.mark.parametrize("locale", ["en-US", "ko-KR", "id-ID"])
def test_findings_are_said_in_the_language_with_their_numbers(
    browser: Any, server: RunningServer, locale: str
) -> None:
    """What is found for any model is a whole sentence of the language, and a server's own words stay as they are."""
    script = """async () => {
        const [{ drawFinding }, api, { state }] = await Promise.all(
            ["finding", "api", "state"].map((name) => import(`/studio/${name}.js`)));
        const one = state.pictures[0];
        const said = {};
        for (const { model, server } of state.choices.models) {
            const told = await api.plan(one.id, { model, server });
            for (const finding of told.forecast.findings) {
                const item = drawFinding(finding, { ...one, told });
                item.querySelectorAll("q").forEach((quoted) => quoted.remove());
                said[`${finding.code} ${item.textContent}`] = finding.message;
            }
        }
        return Object.keys(said);
    }"""
    with studio(browser, server, locale=locale) as page:
        picture = stored_with(scene(1200, 1600), 6).convert("RGBA")
        picture.putalpha(90)
        pick(page, "a.png", encoded(picture, "PNG", exif=with_orientation(6)))
        assert "Inpaint image must match the requested width and height" in page.text_content("#words")
        assert "1600\xa0×\xa01200" in page.text_content("#findings")
        said = page.evaluate(script)
    assert len({line.split(" ")[0] for line in said}) >= 4
    assert not [line for line in said if re.search(r"[{}]|undefined|null|NaN|\bfinding\.", line)]
    if locale == "ko-KR":
        sentences = [line.partition(" ")[2] for line in said]
        assert all(re.search(r"[가-힣]", sentence) for sentence in sentences)


def test_the_command_is_copied(browser: Any, server: RunningServer) -> None:
    """The button copies what is shown, the command or the line of Python."""
    with studio(browser, server, permissions=["clipboard-read", "clipboard-write"]) as page:
        pick(page, "a.jpg", phone_photo())
        for tab in ("#tab-command", "#tab-python"):
            page.click(tab)
            page.click("#copy")
            page.wait_for_function("() => document.querySelector('#copy').textContent === 'Copied'")
            assert page.evaluate("() => navigator.clipboard.readText()") == code(page)


def test_another_language_is_chosen(page: Any) -> None:
    """The menu changes every sentence at once, and the choice outlives a reload."""
    pick(page, "a.jpg", phone_photo())
    page.select_option("#language", "ko")
    page.wait_for_function("() => document.documentElement.lang === 'ko'")
    assert "거부됩니다" in page.text_content("#verdict")
    assert page.text_content("#download").strip() == "내려받기"
    page.reload()
    page.wait_for_function("() => document.documentElement.lang === 'ko'")


def test_the_last_language_chosen_counts(page: Any) -> None:
    """When the words of a language that was chosen first come last, the page keeps to the one chosen last."""
    held: list[Any] = []
    page.route("**/languages/id.json", lambda route: held.append(route))
    page.select_option("#language", "id")
    page.select_option("#language", "ko")
    page.wait_for_function("() => document.documentElement.lang === 'ko'")
    with page.expect_response("**/languages/id.json"):
        held[0].continue_()
    page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate("() => document.documentElement.lang") == "ko"
    assert page.text_content(".drop strong").startswith("사진을")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.txt", b"these are words", "not a picture"),
        ("empty.jpg", b"", "empty"),
        ("huge.png", one_colour_png(30_000, 30_000), "30000x30000"),
        ("cut.jpg", phone_photo()[:3000], "damaged"),
    ],
    ids=["text", "empty", "huge", "cut"],
)
def test_what_is_no_good_is_said_in_a_sentence(page: Any, name: str, data: bytes, words: str) -> None:
    """A file that cannot be used is named together with the reason, in an alert."""
    drop(page, name, data)
    page.wait_for_selector("#notices p")
    assert words in page.text_content("#notices")
    if name != "cut.jpg":  # its header is whole, so only its pixels tell
        assert name in page.text_content("#notices")
        assert page.is_visible("#welcome")


def test_a_server_that_stops_is_said_in_a_sentence(browser: Any, tmp_path: Path) -> None:
    """When the server stops in the middle of an upload, the page says that it does not answer."""
    with serving(tmp_path) as server:
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(server.url)
        page.wait_for_selector(READY)
        slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
        with page.expect_request("**/studio/api/pictures?*"):
            drop(page, "large.png", encoded(scene(1200, 900), "PNG") + bytes(8_000_000))
    page.wait_for_selector("#notices p", timeout=60_000)
    assert "does not answer" in page.text_content("#notices")
    context.close()


def test_a_pasted_picture_is_taken(page: Any) -> None:
    """A picture from the clipboard is looked at like any other."""
    script = """data => {
        const bytes = Uint8Array.from(data);
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "image.png", { type: "image/png" }));
        document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
    }"""
    page.evaluate(script, list(encoded(scene(64, 48), "PNG")))
    settled(page)
    assert "64\xa0×\xa048" in page.text_content("#picture-facts")


def test_a_heic_picture_is_shown(page: Any) -> None:
    """A HEIC file, which browsers cannot read, is shown and fitted all the same."""
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(scene(640, 480)).save(buffer)
    pick(page, "IMG_2.HEIC", buffer.getvalue())
    assert "HEIC" in page.text_content("#picture-facts")
    assert downloaded(page)[0] == "IMG_2.jpg"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(browser: Any, server: RunningServer, scheme: str) -> None:
    """Axe finds no serious issue on the page, empty and with pictures and videos, light and dark."""
    wanted = Intent(
        server="https://s.example/v1", model="m", prompt="p", size="64x64", seconds="4", picture="0" * 64
    )
    with Ledger() as ledger:
        ledger.intend(wanted)
    with studio(browser, server, color_scheme=scheme, reduced_motion="reduce") as page:
        assert not serious(page)
        pick(page, "a.jpg", phone_photo())
        pick(page, "b.png", encoded(scene(640, 480), "PNG"))
        page.wait_for_selector(".card button")
        page.wait_for_function("() => document.querySelector('#sheet').ariaBusy === 'false'")
        page.keyboard.press("2")
        page.click(".job >> nth=0")
        drop(page, "notes.txt", b"words")
        page.wait_for_selector("#notices p")
        settled(page)
        assert not serious(page)


def test_nothing_leaves_the_server(browser: Any, server: RunningServer) -> None:
    """Every request of the page goes to the server it came from, and its policy forbids any other."""
    with studio(browser, server) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        page.wait_for_selector(READY)
        pick(page, "a.jpg", phone_photo())
        page.wait_for_selector(".card button")
        refused = page.evaluate(
            "() => fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)"
        )
    assert refused == "TypeError"
    away = [url for url in asked if not url.startswith((server.url, "blob:", "data:"))]
    assert away in ([], ["http://127.0.0.1:9/"])
    assert len(asked) > 10


@pytest.mark.parametrize("locale", ["en-US", "ko-KR", "id-ID"])
def test_the_page_is_light(browser: Any, server: RunningServer, locale: str) -> None:
    """Everything that is sent until the page is ready is far under 150 kB, with headers."""
    script = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .map((entry) => entry.transferSize)"""
    with studio(browser, server, locale=locale) as page:
        sizes = page.evaluate(script)
    assert len(sizes) > 15 and min(sizes) > 0
    assert sum(sizes) < 150_000


def test_a_phone_shows_all_of_it(browser: Any, server: RunningServer) -> None:
    """On a narrow screen nothing sticks out at the side."""
    with studio(browser, server, viewport={"width": 360, "height": 740}, has_touch=True) as page:
        pick(page, "a.jpg", phone_photo())
        page.wait_for_selector(".card button")
        for language in ("en", "ko", "id"):
            page.select_option("#language", language)
            page.wait_for_function(f"() => document.documentElement.lang === '{language}'")
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, language
