"""A file of jobs is worked through once, however often it is started; money is counted before it is spent."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import framefit
from faulty_proxy import Fault, Proxy, faulty_proxy
from framefit.cli.main import app
from framefit.errors import (
    FramefitError,
    GenerationFailed,
    InvalidJobs,
    InvalidOption,
    LedgerConflict,
    OutputIsInput,
    OverBudget,
    PriceUnknown,
)
from framefit.generating import Wish
from framefit.generating.budget import Budget
from framefit.generating.jobs_file import Job, read_jobs
from framefit.generating.many import Many, generate_many
from framefit.generating.row import JobRow
from framefit.generating.settling import name_outputs
from framefit.generating.single import Conditions
from framefit.geometry import Size
from framefit.videos.client import ServerAddress
from framefit.videos.ledger import Ledger
from framefit.videos.offers import offer_for
from framefit.videos.patience import Pacer, Patience, Watch
from framefit.videos.prices import price_usd
from pictures import scene, write
from quick_engine import FORBIDDEN, QuickEngine, quick_engine


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder with two pictures, and no server in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("FRAMEFIT_BASE_URL", "OPENAI_BASE_URL", "FRAMEFIT_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    write(tmp_path / "a.jpg", scene(720, 1280))
    write(tmp_path / "b.jpg", scene(1280, 720))


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickEngine]:
    with quick_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture
def proxy(engine: QuickEngine) -> Iterator[Proxy]:
    with faulty_proxy(engine.base_url) as running:
        yield running


def run(*words: str) -> Result:
    """The command; an error of framefit is the result's exception."""
    return CliRunner().invoke(app, [*words])


def generate(proxy: Proxy | QuickEngine, *words: str, settle: str = "0.5") -> Result:
    address = ["--base-url", proxy.base_url, "--server", "embedded", "--settle", settle]
    return run("generate", *words, *address, "--dialect", "openai")


def failed(result: Result, error: type[FramefitError]) -> FramefitError:
    assert isinstance(result.exception, error), result.output
    return result.exception


def manifest(folder: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(folder, "manifest.jsonl").read_text().splitlines()]


CSV = f"""image,prompt,size,output
a.jpg,wind,720x1280,
a.jpg,wind,720x1280,same.mp4
missing.jpg,wind,720x1280,
b.jpg,{FORBIDDEN} wind,720x1280,blocked.mp4
,a boat,1280x720,films/boat.mp4
"""


def test_a_file_of_jobs(engine: QuickEngine, proxy: Proxy) -> None:
    """Each line ends as its video or as a row with its reason, and a second run asks for nothing."""
    Path("jobs.csv").write_text(CSV)
    for _ in range(2):
        ended = generate(proxy, "--jobs", "jobs.csv", "-o", "out", "--no-verify")
        assert ended.exit_code == 1, ended.output
        rows = manifest("out")
        assert [row["state"] for row in rows] == [
            "downloaded",
            "downloaded",
            "failed",
            "failed",
            "downloaded",
        ]
        assert len(engine.created()) == 3
    assert rows[0]["key"] == rows[1]["key"]
    assert Path("out/a.mp4").read_bytes() == Path("out/same.mp4").read_bytes()
    assert Path("out/films/boat.mp4").read_bytes() == engine.content(str(rows[4]["video_id"]))
    codes = [row["error"]["code"] if row["error"] else None for row in rows]  # type: ignore[index]
    assert codes == [None, None, "picture_not_found", "generation_failed", None]
    assert "moderation" in str(rows[3]["error"])


def test_json_lines_and_defaults(engine: QuickEngine, proxy: Proxy) -> None:
    """JSON Lines say the same as CSV, and options hold where a line says nothing."""
    Path("jobs.jsonl").write_text(
        '{"image": "a.jpg", "take": 2}\n\n{"image": "b.jpg", "prompt": "rain", "seconds": 8}\n'
    )
    ended = generate(
        proxy,
        "--jobs",
        "jobs.jsonl",
        "--prompt",
        "wind",
        "--seconds",
        "4",
        "-o",
        "out",
        "--no-verify",
        "--json",
    )
    assert ended.exit_code == 0, ended.output
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(row["prompt"], row["seconds"], row["take"]) for row in rows] == [
        ("wind", "4", 2),
        ("rain", "8", 1),
    ]
    assert rows == manifest("out")
    assert {job.prompt for job in engine.created()} == {"wind", "rain"}


def test_receipts_are_kept(engine: QuickEngine, proxy: Proxy) -> None:
    """The comparison of the first frame stands in manifest and ledger; one that fails is an error of its row."""
    write(Path("other.jpg"), scene(720, 1280).rotate(180))
    Path("jobs.csv").write_text("image,prompt\na.jpg,wind\nother.jpg,rain\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out", "--size", "720x1280").exit_code == 1
    right, wrong = manifest("out")
    assert right["receipt"]["ok"] is True  # type: ignore[index]
    assert right["error"] is None
    assert wrong["error"]["code"] == "receipt_mismatch"  # type: ignore[index]
    with Ledger() as ledger:
        kept = {entry.prompt: entry.receipt for entry in ledger.entries()}
    assert (kept["wind"] or {})["ok"] is True
    assert (kept["rain"] or {})["ok"] is False
    assert "receipt NOT ok: turned 180°" in run("jobs").output


@pytest.mark.parametrize(
    "text",
    [
        "",
        "image,prompt\n",
        "image,motion\na.jpg,wind\n",
        "image,image,prompt\na.jpg,a.jpg,wind\n",
        "image\na.jpg\n",
        "image,prompt\na.jpg,wind,more\n",
        "image,prompt,take\na.jpg,wind,first\n",
        "image,prompt,take\na.jpg,wind,0\n",
        'image,prompt\n"a.jpg,wind\n',
    ],
)
def test_a_wrong_file_is_refused_whole(text: str) -> None:
    """A mistake in any line is found before anything is sent."""
    Path("jobs.csv").write_text("image,prompt\n" if text == "" else text)
    with pytest.raises(InvalidJobs):
        read_jobs("jobs.csv", {})


@pytest.mark.parametrize("line", ["[]", "{", '{"prompt": ["a"]}', '{"prompt": true}', '{"text": "wind"}'])
def test_a_wrong_line_of_json(line: str) -> None:
    """A line that is no job is named with its number."""
    Path("jobs.jsonl").write_text('{"prompt": "wind"}\n' + line + "\n")
    with pytest.raises(InvalidJobs, match="line 2"):
        read_jobs("jobs.jsonl", {})


TABLE = "image,prompt,size\na.jpg,wind,720x1280\n,a boat,1280x720\n"


@pytest.mark.parametrize(
    "data",
    [
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
        b"\xef\xbb\xbf" + TABLE.encode(),
        ("sep=;\r\n" + TABLE.replace(",", ";")).encode(),
        TABLE.replace("\n", ",,\n").encode(),
        TABLE.replace("image,prompt,size", '"Image", PROMPT ,"size"').encode(),
    ],
    ids=["semicolons", "unicode text", "mark", "told", "empty columns", "names"],
)
def test_what_spreadsheets_write(data: bytes) -> None:
    """Every way in which spreadsheets save a table is read as the same table."""
    Path("jobs.csv").write_bytes(data)
    jobs = read_jobs("jobs.csv", {})
    assert [(job.image, job.wish.prompt, job.wish.size) for job in jobs] == [
        ("a.jpg", "wind", "720x1280"),
        (None, "a boat", "1280x720"),
    ]


def test_a_line_ends_where_the_table_says() -> None:
    """Signs that end a line elsewhere do not end one in a table, and lines are counted as editors do."""
    Path("jobs.csv").write_text('prompt,take\n"two\nlines",1\nwind\u2028\x0c\x85,1\nwind,no\n')
    with pytest.raises(InvalidJobs, match="line 5"):
        read_jobs("jobs.csv", {})
    Path("jobs.csv").write_bytes("prompt\nwind\ncafé\n".encode("cp1252"))
    with pytest.raises(InvalidJobs, match=r"line 3.*CSV UTF-8"):
        read_jobs("jobs.csv", {})


def test_what_is_no_text_is_refused() -> None:
    """A prompt that cannot be sent is refused before anything is on record."""
    for prompt in ("caf\udce9", "a\0b"):
        with pytest.raises(InvalidOption, match="no text"):
            Wish(source=None, prompt=prompt)
    Path("jobs.jsonl").write_text('{"prompt": "wind", "seconds": 4.0, "output": "a\\u0000b"}\n')
    with pytest.raises(InvalidJobs, match="zero byte"):
        read_jobs("jobs.jsonl", {})
    Path("jobs.jsonl").write_text('{"prompt": "wind", "seconds": 4.0}\n')
    assert read_jobs("jobs.jsonl", {})[0].wish.seconds == "4"


def refused(proxy: Proxy, text: str) -> str:
    Path("jobs.csv").write_text(text)
    error = generate(proxy, "--jobs", "jobs.csv", "-o", "out").exception
    assert isinstance(error, FramefitError)
    return error.code


def test_nothing_of_the_user_is_replaced(engine: QuickEngine, proxy: Proxy) -> None:
    """No video replaces a picture of any line, the file of jobs, the manifest, or a file that is not framefit's."""
    head = "image,prompt,output\n"
    assert refused(proxy, head + "a.jpg,wind,../b.jpg\nb.jpg,wind,b.mp4\n") == "output_is_input"
    assert refused(proxy, head + "a.jpg,wind,./manifest.jsonl\n") == "output_collision"
    Path("out").mkdir(exist_ok=True)
    Path("out/manifest.jsonl").write_text('{"prompt": "wind"}\n')
    own = generate(proxy, "--jobs", "out/manifest.jsonl", "-o", "out")
    assert failed(own, OutputIsInput).fix == "-o OTHER_FOLDER"
    Path("out/a.mp4").write_text("a film of one's own")
    Path("jobs.csv").write_text("image,prompt\na.jpg,wind\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out").exit_code == 1
    assert manifest("out")[0]["error"]["code"] == "output_collision"  # type: ignore[index]
    assert Path("out/a.mp4").read_text() == "a film of one's own"
    assert engine.created() == []
    Path("jobs.csv").write_text(head + "a.jpg,wind,a.mp4\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out").exit_code == 0
    Path("jobs.csv").write_text("image,prompt\na.jpg,storm\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out").exit_code == 0
    assert len(engine.created()) == 2


def test_a_copy_replaces_nothing(engine: QuickEngine, proxy: Proxy) -> None:
    """A video that was made before is copied to a free name, over its own copy, and over nothing else."""
    Path("jobs.csv").write_text("image,prompt\na.jpg,wind\na.jpg,wind\n")
    for folder in ("out", "out", "other"):
        assert generate(proxy, "--jobs", "jobs.csv", "-o", folder).exit_code == 0
    Path("other/a-2.mp4").write_text("a film of one's own")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "other").exit_code == 1
    assert [row["error"] is None for row in manifest("other")] == [True, False]
    assert Path("other/a-2.mp4").read_text() == "a film of one's own"
    assert len(engine.created()) == 1


def test_a_file_that_cannot_be_written(engine: QuickEngine, proxy: Proxy) -> None:
    """A line whose video cannot appear is found before it is paid for, and the others go on."""
    Path("file").write_text("")
    Path("jobs.csv").write_text("prompt,output\na boat,../file/x.mp4\na tree,y.mp4\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out").exit_code == 1
    assert manifest("out")[0]["error"]["code"] == "output_unwritable"  # type: ignore[index]
    assert [job.prompt for job in engine.created()] == ["a tree"]


def test_a_picture_that_changes(engine: QuickEngine, proxy: Proxy) -> None:
    """A picture that is another one than when the cost was added up is not sent."""
    jobs = [Job(line=1, wish=Wish(source=Path("a.jpg"), prompt="wind", server="embedded"), output=None)]

    def change(row: JobRow) -> None:
        if row.state == "planned":
            write(Path("a.jpg"), scene(720, 1200))

    (row,) = many(proxy, jobs, on_row=change)
    assert row.error is not None and "changed" in row.error.message
    assert engine.created() == []


def many(proxy: Proxy, jobs: Sequence[Job], *, rate: float | None = None, **more: Any) -> list[JobRow]:
    """Work jobs through, as the command does."""
    return generate_many(
        jobs,
        Path("out"),
        conditions=Conditions(
            address=ServerAddress(base_url=proxy.base_url),
            dialect=more.pop("dialect", "openai"),
            patience=Patience(timeout_seconds=20, settle_seconds=0.5),
            minimum=None,
        ),
        budget=Budget(),
        many=Many(concurrency=4, per_minute=rate, ledger="own.db"),
        **more,
    )


def lines(count: int) -> list[Job]:
    """Jobs without pictures."""
    return [
        Job(line=number, wish=Wish(source=None, prompt=f"boat {number}", server="embedded"), output=None)
        for number in range(1, count + 1)
    ]


def test_a_run_that_ends_sends_nothing_more(engine: QuickEngine, proxy: Proxy) -> None:
    """Once a run is to end, requests that wait for their turn are not sent."""

    def stop(row: JobRow) -> None:
        if row.state == "accepted":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        many(proxy, lines(4), rate=20, on_row=stop)
    assert len(engine.created()) == 1
    assert all(row.done for row in many(proxy, lines(4)))
    assert len(engine.created()) == 4


def test_an_interruption_says_how_to_go_on(engine: QuickEngine, proxy: Proxy) -> None:
    """Ctrl-C in the middle of a create leaves an ambiguous row, exit code 130, and a word about the next run."""
    proxy.create_seconds = 5
    words = ["generate", "--prompt", "a boat", "--size", "720x1280", "--ledger", "own.db"]
    command = [sys.executable, "-m", "framefit", *words, "--base-url", proxy.base_url, "--dialect", "openai"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as client:
        assert proxy.arrived.wait(20)
        client.send_signal(signal.SIGINT)
        said = client.communicate(timeout=20)[1]
    assert (client.returncode, "goes on where it stood" in said) == (130, True)
    with Ledger("own.db") as ledger:
        assert [entry.state for entry in ledger.entries()] == ["ambiguous"]


def test_a_rate_that_is_none(engine: QuickEngine, proxy: Proxy) -> None:
    """A rate or a concurrency out of range is refused for one video, too."""
    refusal = failed(generate(proxy, "--prompt", "a boat", "--per-minute", "0"), InvalidOption)
    assert "--per-minute" in (refusal.fix or "")
    assert engine.created() == []


def test_waiting_for_a_turn_takes_no_time() -> None:
    """Under a rate limit a video has its whole time left when its turn has come."""
    pacer, watch = Pacer(200), Watch(0.25)
    pacer.take_turn(watch)
    pacer.take_turn(watch)
    assert watch.left > 0


def test_nobody_looks_for_faces_before_sending() -> None:
    """What is sent is settled without the library that finds faces, also where the rule refuses people."""
    code = """
import sys
from framefit.generating import Wish
from framefit.generating.request import prepare
from framefit.sources import Source
wish = Wish(source="a.jpg", prompt="wind", server="openai")
request = prepare(wish, Source.of("a.jpg"), "https://api.openai.com/v1")
print(request.offer.rule.faces, request.size, "cv2" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["rejected", "720x1280", "False"]


def test_many_videos_without_a_picture_get_names() -> None:
    """Thousands of lines that would have one name each get a number, and none that a line has taken."""
    jobs = [*lines(3000), Job(line=3001, wish=Wish(source=None, prompt="boat"), output="video-2.mp4")]
    names = [path.name for path in name_outputs(jobs, Path("out"))]
    assert names[:3] == ["video.mp4", "video-3.mp4", "video-4.mp4"]
    assert len(set(names)) == len(jobs)


def test_two_lines_to_one_file(engine: QuickEngine, proxy: Proxy) -> None:
    """Two lines never write one file, and a line never writes its picture; nothing is sent."""
    Path("jobs.csv").write_text("image,prompt,output\na.jpg,wind,x.mp4\nb.jpg,wind,./x.mp4\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out").exception.code == "output_collision"  # type: ignore[union-attr]
    Path("jobs.csv").write_text("image,prompt,output\na.jpg,wind,../a.jpg\n")
    assert generate(proxy, "--jobs", "jobs.csv", "-o", "out").exception.code == "output_is_input"  # type: ignore[union-attr]
    assert engine.created() == []


def test_the_embedded_engine_keeps_its_files_on_record(tmp_path: Path) -> None:
    """A file of jobs on the embedded engine is not rendered again where its videos are there."""
    Path("jobs.csv").write_text("prompt\na boat\n")
    assert run("generate", "--jobs", "jobs.csv", "-o", "out").exit_code == 0
    before = Path("out/video.mp4").stat().st_mtime_ns
    assert run("generate", "--jobs", "jobs.csv", "-o", "out").exit_code == 0
    assert Path("out/video.mp4").stat().st_mtime_ns == before


# Money


def test_prices() -> None:
    """The price is that of the server's own rule, of the size's tier, times the seconds; else it is not known."""
    openai = "https://api.openai.com/v1"
    size = Size(720, 1280)
    assert price_usd(
        offer_for("sora-2", server=None, base_url=openai, size=size), size, "8"
    ) == pytest.approx(0.8)
    large = Size(1024, 1792)
    pro = offer_for("sora-2-pro", server=None, base_url=openai, size=large)
    assert price_usd(pro, large, "4") == pytest.approx(2.0)
    assert price_usd(pro, large, None) is None
    relay = offer_for("sora-2", server=None, base_url="https://relay.example/v1", size=size)
    assert price_usd(relay, size, "8") is None


def priced(proxy: Proxy, *words: str) -> Result:
    """A run at OpenAI's prices."""
    options = ["--base-url", proxy.base_url, "--server", "openai", "--dialect", "openai", "--no-verify"]
    return run("generate", *words, *options, "--size", "720x1280", "--seconds", "4", "--settle", "0.5")


def test_a_budget_is_kept(engine: QuickEngine, proxy: Proxy) -> None:
    """What costs more than was allowed is refused whole, and what was spent in earlier runs counts."""
    Path("jobs.csv").write_text("image,prompt\na.jpg,wind\na.jpg,rain\n")
    error = failed(priced(proxy, "--jobs", "jobs.csv", "-o", "out", "--max-cost", "0.79"), OverBudget)
    assert error.fix == "--max-cost 0.80"
    failed(priced(proxy, "a.jpg", "--prompt", "wind", "--max-cost", "0.3"), OverBudget)
    assert engine.created() == []
    assert priced(proxy, "--jobs", "jobs.csv", "-o", "out", "--max-cost", "0.8").exit_code == 0
    Path("jobs.csv").write_text("image,prompt\na.jpg,wind\na.jpg,rain\na.jpg,snow\n")
    failed(priced(proxy, "--jobs", "jobs.csv", "-o", "out", "--max-cost", "0.8"), OverBudget)
    assert len(engine.created()) == 2


@pytest.mark.parametrize(("costs", "enough"), [([0.282], "0.29"), ([0.1] * 11, "1.10"), ([3.0], "3.00")])
def test_the_budget_that_is_named_is_enough(costs: list[float], enough: str) -> None:
    """The limit that a refusal names lets the same videos pass, and is no cent more than needed."""
    with pytest.raises(OverBudget) as caught:
        Budget(max_cost_usd=0.01).check(costs)
    assert caught.value.fix == f"--max-cost {enough}"
    Budget(max_cost_usd=float(enough)).check(costs)


def test_an_unknown_price(engine: QuickEngine, proxy: Proxy) -> None:
    """With a budget a video without a known price is refused, unless that is allowed."""
    words = [
        "a.jpg",
        "--prompt",
        "wind",
        "--base-url",
        proxy.base_url,
        "--max-cost",
        "5",
        "--dialect",
        "openai",
    ]
    failed(run("generate", *words, "--no-verify"), PriceUnknown)
    assert engine.created() == []
    assert run("generate", *words, "--no-verify", "--allow-unknown-price", "-o", "a.mp4").exit_code == 0


def test_a_dry_run_sends_nothing(engine: QuickEngine, proxy: Proxy) -> None:
    """A dry run shows plan, forecast, cost and standing, asks the server nothing and records nothing."""
    shown = priced(proxy, "b.jpg", "--prompt", "wind", "--dry-run")
    assert shown.exit_code == 0, shown.output
    for words in ("cover", "0.40 USD", "would be sent", "size_mismatch", "nothing was sent"):
        assert words in shown.output
    Path("jobs.csv").write_text("image,prompt\na.jpg,wind\na.jpg,wind\nb.jpg,rain\n")
    shown = priced(proxy, "--jobs", "jobs.csv", "-o", "out", "--dry-run")
    assert "3 lines, 2 creates, 0.80 USD in all; nothing was sent" in shown.output
    failed(priced(proxy, "--jobs", "jobs.csv", "--dry-run", "--max-cost", "0.5"), OverBudget)
    assert proxy.seen == []
    with Ledger() as ledger:
        assert ledger.entries() == []
    assert not Path("out").exists()


# The jobs command


def test_a_person_decides(engine: QuickEngine, proxy: Proxy) -> None:
    """The commands that a stuck video names lead on from it: adopt takes the job, resubmit asks again."""
    unlisted = Fault(moment="list", kind="status", status=404, times=99)
    proxy.fail(Fault(moment="create", kind="drop", after=True, times=2), unlisted)
    words = ("a.jpg", "--prompt", "wind", "--size", "720x1280", "-o", "a.mp4")
    stuck = generate(proxy, *words)
    fix = stuck.exception.fix  # type: ignore[union-attr]
    adopt, resubmit = [part.removeprefix("framefit ").split() for part in fix.split(", or ")]
    assert run("jobs", "list", "--state", "ambiguous").output.startswith(adopt[2])
    adopt[3] = engine.created()[0].id
    assert run(*adopt).exit_code == 0
    assert generate(proxy, *words).exit_code == 0
    assert len(engine.created()) == 1
    assert run(*resubmit).exit_code == 0
    proxy.fail()
    assert generate(proxy, *words).exit_code == 0
    assert len(engine.created()) == 2
    shown = run("jobs", "show", resubmit[2]).output
    assert "decided by hand" in shown
    assert engine.created()[1].id in shown


def test_the_commands_that_are_named_work(engine: QuickEngine, proxy: Proxy) -> None:
    """A command that an error names finds the ledger that the error is about."""
    words = ("a.jpg", "--prompt", f"{FORBIDDEN} wind", "-o", "a.mp4", "--ledger", "own place.db")
    generate(proxy, *words)
    fix = failed(generate(proxy, *words), GenerationFailed).fix or ""
    command = shlex.split(fix.partition("framefit ")[2])
    assert run(*command).exit_code == 0
    assert generate(proxy, *words).exception is not None
    assert len(engine.created()) == 2
    show = (
        failed(run("jobs", "adopt", command[2], "v1", "--ledger", "own place.db"), LedgerConflict).fix or ""
    )
    assert "failed" in run(*shlex.split(show.removeprefix("framefit "))).output


def test_the_ledger_in_print(engine: QuickEngine, proxy: Proxy) -> None:
    """List, show and export say the same, as text and as JSON, and never the key."""
    assert (
        generate(proxy, "a.jpg", "--prompt", "wind", "--api-key", "sk-secret", "-o", "a.mp4").exit_code == 0
    )
    (listed,) = [json.loads(line) for line in run("jobs", "list", "--json").stdout.splitlines()]
    shown = json.loads(run("jobs", "show", listed["key"][:8], "--json").stdout)
    exported = json.loads(run("jobs", "export").stdout)
    assert run("jobs", "export", "-o", "all.jsonl").exit_code == 0
    assert exported == listed == json.loads(Path("all.jsonl").read_text())
    assert [event["state"] for event in shown["events"]][:3] == ["planned", "submitting", "accepted"]
    assert listed["receipt"]["ok"] is True
    assert listed["spent_usd"] == 0.0
    assert "receipt ok" in run("jobs").output
    assert json.loads(run("jobs", "--json", "--newest", "1").stdout) == listed
    assert "sk-secret" not in json.dumps(shown)
    assert run("jobs", "show", "nothing").exception.code == "unknown_key"  # type: ignore[union-attr]
    assert run("jobs", "list", "--state", "lost").exception.code == "invalid_option"  # type: ignore[union-attr]


def test_generate_in_python(engine: QuickEngine, proxy: Proxy) -> None:
    """The library goes through the ledger, too, and says what a video cost."""
    proxy.fail(Fault(moment="create", kind="drop", after=True))
    wish = {"size": "720x1280", "base_url": proxy.base_url, "server": "embedded", "settle_seconds": 0.5}
    first = framefit.generate("a.jpg", "wind", dialect="openai", ledger="own.db", **wish)  # type: ignore[arg-type]
    again = framefit.generate("a.jpg", "wind", dialect="openai", ledger="own.db", **wish)  # type: ignore[arg-type]
    assert (first.video_id, first.cost_usd, first.earlier) == (again.video_id, 0.0, False)
    assert again.earlier
    assert len(engine.created()) == 1
    with Ledger("own.db") as ledger:
        assert ledger.find(first.key).adopted
