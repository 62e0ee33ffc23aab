"""Content of S3 streams: neither the region nor global holds it, nothing is left of what breaks off, and
nothing is served that is not what was stored.

    LARGE_BODY_MB=1024   of another size
"""
import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import urllib.parse

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.conftest import ROOT  # noqa: F401  (puts the repository on the path)
from tests.e2e.test_disk_full import fill, small_disk
from tests.support.processes import pid_of
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

REGION = REGIONS[0]
SIZE = int(os.environ.get("LARGE_BODY_MB", "96")) * 2**20
MOST_MB = 64  # above what an idle process has
PIECE = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        world.client("s3").create_bucket(Bucket="large")
        yield world
    finally:
        world.close()


@pytest.fixture(params=["region", "unified"])
def s3(world, request):
    endpoint = world.region_endpoint(REGION) if request.param == "region" else world.endpoint
    return world.client("s3", REGION, endpoint, signature_version="s3v4")


def files(world, region=REGION):
    folder = world.folder / ".tandem" / region / "s3" / "objects"
    return [path for path in folder.rglob("*") if path.is_file()]


def memory_mb(world, name, member):
    with open(f"/proc/{pid_of(world, name)}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(member + ":"))


def content_of(s3, key):
    try:
        return s3.get_object(Bucket="large", Key=key)["Body"].read()
    except (BotoCoreError, ClientError):
        return None


class Upload:
    """A PUT whose body is sent by hand."""

    def __init__(self, s3, key, length, bucket="large"):
        url = urllib.parse.urlsplit(s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": key}))
        self.socket = socket.create_connection((url.hostname, url.port or 80), timeout=60)
        host = url.hostname if (url.port or 80) == 80 else url.netloc
        self.socket.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {host}\r\n"
                            f"Content-Length: {length}\r\n\r\n".encode())

    def send(self, size):
        for _ in range(size // len(PIECE)):
            self.socket.sendall(PIECE)

    def answer(self):
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        return answer.status, answer.read().decode()


def test_memory_does_not_follow_the_size(world, s3, tmp_path):
    sent = hashlib.md5()
    with open(tmp_path / "large", "wb") as out:
        for _ in range(SIZE // len(PIECE)):
            out.write(PIECE)
            sent.update(PIECE)
    names = (REGION, "global")
    for name in names:
        with open(f"/proc/{pid_of(world, name)}/clear_refs", "w") as reset:
            reset.write("5")  # proc(5): the peak starts anew
    idle = {name: memory_mb(world, name, "VmRSS") for name in names}
    with open(tmp_path / "large", "rb") as body:
        stored = s3.put_object(Bucket="large", Key="k", Body=body)
    # API reference, PutObject: the ETag of an object put in one piece is its MD5.
    assert stored["ETag"] == f'"{sent.hexdigest()}"'
    got = hashlib.md5()
    answer = s3.get_object(Bucket="large", Key="k")
    assert answer["ContentLength"] == SIZE
    for piece in answer["Body"].iter_chunks(2**20):
        got.update(piece)
    assert got.digest() == sent.digest()
    s3.copy_object(Bucket="large", Key="copy", CopySource="large/k")
    upload = {"Bucket": "large", "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = []
    for number in (1, 2):
        copied = s3.upload_part_copy(**upload, PartNumber=number, CopySource="large/k")
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket="large", Key="parts")["ContentLength"] == 2 * SIZE
    for name in names:
        assert memory_mb(world, name, "VmHWM") - idle[name] < MOST_MB, name
    for key in ("k", "copy", "parts"):
        s3.delete_object(Bucket="large", Key=key)
    assert files(world) == []


def test_nothing_is_left_of_an_upload_that_breaks_off(world, s3):
    s3.put_object(Bucket="large", Key="k", Body=b"before")
    upload = Upload(s3, "k", 64 * 2**20)
    upload.send(16 * 2**20)
    wait_for(lambda: any(path.stat().st_size > 2**20 for path in files(world)), what="content on the disk")
    upload.socket.close()
    wait_for(lambda: len(files(world)) == 1, what="the broken upload's file is gone")
    assert s3.get_object(Bucket="large", Key="k")["Body"].read() == b"before"
    s3.delete_object(Bucket="large", Key="k")


def test_a_refusal_needs_no_body(s3):
    # S3 User Guide, "Error responses"; RFC 9110 §10.1.1: who expects a continue may get the answer at once.
    url = s3.generate_presigned_url("put_object", {"Bucket": "nobody-has-this", "Key": "k"})
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=60)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(2**30))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 404 and b"NoSuchBucket" in answer.read()
    connection.close()


def test_what_the_disk_changed_is_not_served_as_a_whole(world, s3):
    s3.put_object(Bucket="large", Key="k", Body=PIECE * 4)
    (stored,) = files(world)
    with open(stored, "r+b") as file:
        file.seek(1000)
        file.write(b"?")
    url = urllib.parse.urlsplit(s3.generate_presigned_url("get_object", {"Bucket": "large", "Key": "k"}))
    connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=60)
    connection.request("GET", f"{url.path}?{url.query}")
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    log = world.folder / ".tandem" / REGION / "log"
    assert f"{stored} has the MD5" in log.read_text()
    os.truncate(stored, 1000)
    with pytest.raises(ClientError) as raised:
        s3.get_object(Bucket="large", Key="k")
    assert raised.value.response["Error"]["Code"] == "InternalError"
    assert f"{stored} has 1000 bytes" in log.read_text()
    s3.delete_object(Bucket="large", Key="k")


def test_a_disk_that_fills_under_an_upload_refuses_it_and_loses_nothing():
    world = World()
    folder = world.folder / ".tandem" / REGION
    try:
        small_disk(folder)
        world.start()
        s3 = world.client("s3", REGION, signature_version="s3v4")
        s3.create_bucket(Bucket="large")
        s3.put_object(Bucket="large", Key="k", Body=b"before")
        # What has no room at all is refused before its body.
        status, text = Upload(s3, "k", 2**30).answer()
        assert status == 503 and "ServiceUnavailable" in text, text
        upload = Upload(s3, "k", 24 * 2**20)
        upload.send(8 * 2**20)
        wait_for(lambda: any(path.stat().st_size > 2**20 for path in files(world)), what="content on the disk")
        fill(folder)
        upload.send(16 * 2**20)
        status, text = upload.answer()
        assert status == 503 and "ServiceUnavailable" in text, text
        (folder / "ballast").unlink()
        wait_for(lambda: len(files(world)) == 1, what="the refused upload's file is gone")
        # A region whose store has refused writes opens it anew once there is room.
        wait_for(lambda: content_of(s3, "k") == b"before", what="what was there before")
    finally:
        world.tandem("down", check=False)
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)
        shutil.rmtree(world.folder, ignore_errors=True)

