"""What goes on with a region until that is killed."""
import threading

from botocore.exceptions import BotoCoreError, ClientError


class UntilTheCrash(threading.Thread):
    """Calls change() again and again until one has no answer; done is how many have had one."""

    def __init__(self):
        super().__init__()
        self.done = 0

    def run(self):
        try:
            while True:
                self.change()
                self.done += 1
        except (BotoCoreError, ClientError):
            return  # the crash
