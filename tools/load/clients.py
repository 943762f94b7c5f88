"""The clients of a flood: they post, or call a function; some go early, and all note their answers."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from local.aws.api_gateway import Request, event_for
from tools.load.plan import REFERENCE, Sent
from tools.load.workers import Workers

FORM = "application/x-www-form-urlencoded"
CLIENTS = 16
"""Requests under way at the same moment."""
Submit = Callable[[Sent], Awaitable[None]]


@dataclass
class Measured:
    """A flood: what was sent, its seconds from first to last answer, and megabytes of memory over time."""

    sent: list[Sent]
    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)


async def flood(sent: list[Sent], submit: Submit, processes: list[int]) -> Measured:
    """Send all, `CLIENTS` at a time, and watch the memory of these processes."""
    measured, waiting = Measured(sent), iter(sent)

    async def client() -> None:
        for each in waiting:
            begun = time.perf_counter()
            await submit(each)
            each.seconds = time.perf_counter() - begun

    async def watch() -> None:
        while True:
            measured.memory.append(sum(map(resident, processes)))
            await asyncio.sleep(1)

    begun = time.perf_counter()
    watching = asyncio.create_task(watch())
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    measured.seconds = time.perf_counter() - begun
    watching.cancel()
    return measured


def resident(process: int) -> float:
    """Return memory of a process in megabytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def over_http(port: int) -> Submit:
    """Post to a local run as a program does, or as a browser, which is then shown its receipt."""

    async def submit(each: Sent) -> None:
        body = urlencode(each.answers).encode()
        accept = "text/html" if each.is_browser else "application/json"
        head = (
            f"POST /forms/contact HTTP/1.1\r\nAccept: {accept}\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}"
        )
        request = f"{head}\r\n\r\n".encode() + body
        status, headers, text = await talk(port, each, request)
        if each.hangs_up:
            return
        each.status = status
        if status == 303:
            address = re.findall(r"(?im)^location: (\S+)", headers)[0]
            _, _, text = await talk(port, each, f"GET {address} HTTP/1.1\r\n\r\n".encode())
        each.reference = reference_in(text)

    return submit


async def talk(port: int, each: Sent, request: bytes) -> tuple[int, str, str]:
    """Return status, headers and body; zero and nothing where the client does not wait for them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(each.sender, 0))
    writer.write(request[: len(request) - 40] if each.hangs_up == "half" else request)
    await writer.drain()
    answer = b"" if each.hangs_up else await reader.read()
    writer.close()
    if not answer:
        return 0, "", ""
    head, _, text = answer.decode().partition("\r\n\r\n")
    return int(head.split()[1]), head, text


def to_workers(workers: Workers) -> Submit:
    """Call the built package as API Gateway does, which forwards nothing of what was not sent to its end."""

    async def submit(each: Sent) -> None:
        if each.hangs_up == "half":
            return
        headers = {"content-type": FORM, "accept": "application/json"}
        body, sender = urlencode(each.answers).encode(), (each.sender, 50_000)
        answer = await asyncio.wrap_future(
            workers.call(event_for(Request("POST", "/forms/contact", "", headers, body, sender)))
        )
        if not each.hangs_up:
            each.status, each.reference = answer["statusCode"], reference_in(answer["body"])

    return submit


def reference_in(text: str) -> str:
    """Return the reference that a receipt or JSON says, empty where there is none."""
    found = re.search(rf'<strong>({REFERENCE})<|"reference": "({REFERENCE})"', text)
    return (found[1] or found[2]) if found else ""
