"""What the benchmarks share: a Fichero to run, and how long something takes."""

import os
import re
import subprocess
import time
from pathlib import Path

PASSWORD = "correct horse battery staple"


class Fichero:
    """The program, in a workspace, on a database (nothing: the workspace's own SQLite)."""

    def __init__(self, binary, folder, database=None):
        self.binary, self.folder = binary, folder
        self.database = ["--database", database] if database else []

    def run(self, *words, input=None):
        """What a command prints; one that fails ends the benchmark."""
        command = [self.binary, *words, *self.database, "-C", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, input=input, timeout=3600)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def measure(self, *words, output=None):
        """Seconds that a command takes, and the most memory it had, in MiB."""
        command = [self.binary, *words, *self.database, "-C", str(self.folder)]
        peak = 0
        with open(output or os.devnull, "wb") as out:
            began = time.monotonic()
            child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
            # What the system says of a child at its end counts the memory of its parent, too.
            while child.poll() is None:
                peak = max(peak, memory(child, "VmHWM"))
                time.sleep(0.005)
            took = time.monotonic() - began
        if child.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
        return took, peak

    def token(self):
        """What the API is asked with."""
        self.run("user", "add", "bench", "--role", "admin", "--password-stdin", input=PASSWORD)
        return self.run("user", "token", "bench").split()[-1]

    def serve(self, *words):
        """A server, and its address once it tells it."""
        command = [self.binary, "serve", str(self.folder), *self.database, *words, "--listen", "127.0.0.1:0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in server.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return server, found[0]
        raise SystemExit(f"{' '.join(command)} ended with {server.wait()}")


def seconds(work):
    """Seconds that it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def memory(process, what="VmRSS"):
    """Memory of a process in MiB, where the system says it: what is resident, or (`VmHWM`) what was at most."""
    try:
        text = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith(what)), 0)
