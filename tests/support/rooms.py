"""Builds' rooms for tests, opened by tests/rooms/room_driver.cc beside a running world."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.support.world import BINARY, ROOT

DRIVER = pathlib.Path(os.environ.get("TANDEM_ROOM_DRIVER", ROOT / "build/release/tests/rooms/room_driver"))


class Refused(Exception):
    pass


class Rooms:
    """One process that opens rooms. user: whose it is, when the tests are root's. before: words that
    come before its command line."""

    def __init__(self, world, user=None, before=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-rooms-"))
        words = [str(DRIVER), str(world.folder / ".tandem"), str(self.folder / "state"), str(BINARY)]
        if user is not None:
            for program in (DRIVER, BINARY):
                shutil.copy(program, self.folder / program.name)
            words[0], words[3] = str(self.folder / DRIVER.name), str(self.folder / BINARY.name)
            for path in [self.folder, *self.folder.iterdir()]:
                os.chown(path, user, user)
            words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *before, *words]
        else:
            words = [*before, *words]
        self.errors = open(self.folder / "errors", "wb")
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, cwd=self.folder)

    def ask(self, verb, name=True, **more):
        self.process.stdin.write(json.dumps({verb: name, **more}).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, (self.folder / "errors").read_text()
        return json.loads(line.decode(errors="replace"))

    def open(self, name, memory_mib=4096, **environment):
        opened = self.ask("open", name, memory_mib=memory_mib, environment=environment)
        if "refused" in opened:
            raise Refused(opened["refused"])
        return Room(self, name, opened)

    @property
    def rooms_folder(self):
        return self.folder / "state/builds"

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Room:
    def __init__(self, rooms, name, opened):
        self.rooms, self.name = rooms, name
        self.source, self.inside = pathlib.Path(opened["source"]), opened["inside"]
        self.remarks = opened["remarks"]

    def run(self, text, **more):
        """(code, output); a signal is a negative code."""
        end = self.rooms.ask("run", self.name, text=text, **more)
        return (-end["signal"] if end["signal"] else end["code"]), end["output"]

    def output(self, text, **more):
        code, output = self.run(text, **more)
        assert code == 0, (code, output)
        return output

    def start(self, text):
        self.rooms.ask("start", self.name, text=text)

    def wait(self):
        end = self.rooms.ask("await", self.name)
        return (-end["signal"] if end["signal"] else end["code"]), end["output"]

    def printed(self):
        return self.rooms.ask("output", self.name)["output"]

    def variables(self):
        return self.rooms.ask("variables", self.name)

    def give(self):
        self.rooms.ask("give", self.name)

    def kill(self):
        self.rooms.ask("kill", self.name)

    def close(self):
        self.rooms.ask("close", self.name)
