"""Tandem's client of the Lambda Runtime API for Python: what runs as /var/runtime/bootstrap.py. Python 3.9 and
later, nothing but the standard library."""
import sys

# As in AWS's runtime, and nothing that is installed on this machine for others.
_OWN = "/var/runtime"


def _set_path():
    import os
    version = "python%d.%d" % sys.version_info[:2]
    task = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
    standard = [each for each in sys.path
                if each and each != _OWN and not each.endswith(("site-packages", "dist-packages"))]
    given = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each and each != _OWN]
    standard = [each for each in standard if each not in given]
    sys.path[:] = [task, "/opt/python/lib/%s/site-packages" % version, "/opt/python", *given, _OWN,
                   *standard, "/var/lang/lib/%s/site-packages" % version, _OWN + "/site-packages"]


def _set_builtins():
    """What the module site adds, which is not run as a whole: it would look through what is installed."""
    import site
    site.setquit()
    site.setcopyright()
    site.sethelper()


if __name__ == "__main__":
    _set_path()
    _set_builtins()
    # Under its own name: a function that is run from __main__ would not be found by pickle.
    from tandem_runtime import runner
    runner.run()
