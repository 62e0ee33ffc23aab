"""A web page that the user's browser has open reaches every loopback address. Nothing it tries
against the AWS API and Tandem's own paths may happen; an API's data plane is any page's to call."""
import datetime
import http.client
import http.server
import json
import socket
import threading
import urllib.parse
import urllib.request

import pytest

from tests.support.browser import Browser, require_chromium
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

PAGE = """<!doctype html><title>evil</title><body><script>
const attempts = %s;
// What does not end by itself, such as a socket that stays open, is not waited for.
const settle = promise => Promise.race([promise.catch(() => 0),
                                        new Promise(done => setTimeout(done, 15000))]);
function element(name, attributes) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  return new Promise(done => {
    made.onload = made.onerror = done;
    document.body.append(made);
  });
}
function form(url, body) {
  // text/plain sends name=value as it stands; the others encode it.
  const frame = 'f' + Math.random();
  const arrived = element('iframe', {name: frame});
  const made = document.createElement('form');
  Object.assign(made, {method: 'post', action: url, target: frame, enctype: 'text/plain'});
  const cut = Math.max(body.indexOf('='), 0);
  const input = document.createElement('input');
  input.name = body.slice(0, cut) || body;
  input.value = body.slice(cut + 1);
  made.append(input);
  document.body.append(made);
  made.submit();
  return arrived;
}
async function attack({base, path, body, headers, thorough}) {
  const url = base + path, simple = 'application/x-www-form-urlencoded';
  const ways = [
    fetch(url, {method: 'POST', body, headers}),
    fetch(url, {method: 'PUT', body, headers}),
    fetch(url, {method: 'DELETE', headers}),
    fetch(url, {method: 'POST', body}),
    fetch(url, {method: 'POST', body, headers: {'Content-Type': simple}}),
    fetch(url, {method: 'POST', body, mode: 'no-cors'}),
    fetch(url, {method: 'POST', body, mode: 'no-cors', headers: {'Content-Type': simple}}),
    fetch(url, {method: 'POST', body, mode: 'no-cors', referrerPolicy: 'no-referrer'}),
    fetch(url, {mode: 'no-cors', referrerPolicy: 'no-referrer'}),
  ];
  navigator.sendBeacon(url, body);
  if (thorough) ways.push(
    form(url, body),
    element('img', {src: url, referrerPolicy: 'no-referrer'}),
    element('script', {src: url}),
    element('iframe', {src: url}),
    element('iframe', {sandbox: 'allow-scripts', srcdoc:
        `<script>fetch(${JSON.stringify(url)}, {method: 'POST', mode: 'no-cors',
                                                body: ${JSON.stringify(body)}})<` + '/script>'}),
    new Promise(done => {
      const socket = new WebSocket(url.replace('http', 'ws'));
      socket.onopen = socket.onerror = done;
    }),
  );
  await Promise.all(ways.map(settle));
}
(async () => {
  await Promise.all(attempts.map(attack));
  const own = %s;
  const answers = [];
  for (const url of own) answers.push(await fetch(url, {mode: 'no-cors'}).then(() => 'answered',
                                                                              String));
  await fetch('/done', {method: 'POST', body: JSON.stringify(answers)});
})();
</script>"""


class Site(http.server.ThreadingHTTPServer):
    """http://evil.example: serves a page and hears when it is done."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.page, self.done = "", None
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(self.server.page.encode())

    def do_POST(self):
        self.server.done = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(b"")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        for region in REGIONS:
            world.client("s3", region).create_bucket(
                Bucket=f"canary-{region}",
                **({} if region == "us-east-1" else
                   {"CreateBucketConfiguration": {"LocationConstraint": region}}))
            world.client("s3", region).put_object(Bucket=f"canary-{region}", Key="k", Body=b"1")
            world.client("cloudformation", region).create_stack(
                StackName="canary",
                TemplateBody='{"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}}')
        world.client("iam").create_user(UserName="canary")
        yield world
    finally:
        world.close()


def state(world):
    """All that the attempts would change."""
    seen = [sorted(user["UserName"] for user in world.client("iam").list_users()["Users"]),
            len(world.client("route53").list_hosted_zones()["HostedZones"])]
    for region in REGIONS:
        client = lambda service: world.client(service, region)  # noqa: E731
        links = http.client.HTTPConnection(world.addresses[region], world.ports["http"])
        links.request("GET", "/_tandem/links")
        seen += [[bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]],
                 client("s3").list_objects_v2(Bucket=f"canary-{region}").get("KeyCount"),
                 [(s["StackName"], s["StackStatus"])
                  for s in client("cloudformation").list_stacks()["StackSummaries"]],
                 len(client("apigateway").get_rest_apis()["items"]),
                 client("dynamodb").list_tables()["TableNames"],
                 len(client("logs").describe_log_groups()["logGroups"]),
                 [{name: link[name] for name in ("DelayMs", "Paused", "Partitioned")}
                  for link in json.loads(links.getresponse().read()).values()]]
    return seen


def signed(service, path, region, action=""):
    """A query-string signature with a key that nobody knows."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    fields = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256",
              "X-Amz-Credential": f"AKIDEVIL/{now[:8]}/{region}/{service}/aws4_request",
              "X-Amz-Date": now, "X-Amz-Expires": "600", "X-Amz-SignedHeaders": "host",
              "X-Amz-Signature": "0" * 64}
    return f"{path}{'&' if '?' in path else '?'}{action}{urllib.parse.urlencode(fields)}"


def attempts_on(base, region, thorough):
    """One harmful request for each service; thorough: in every way a page has."""
    group = json.dumps({"logGroupName": "evil"})
    table = json.dumps({"TableName": "evil", "BillingMode": "PAY_PER_REQUEST",
                        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
                        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]})
    zone = ('<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
            "<Name>evil.test</Name><CallerReference>e</CallerReference></CreateHostedZoneRequest>")
    objects = "<Delete><Object><Key>k</Key></Object></Delete>"
    user = "Action=CreateUser&UserName=evil&Version=2010-05-08"
    stack = "Action=DeleteStack&StackName=canary&Version=2010-05-15"

    def json_headers(target):
        return {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}

    calls = [
        (signed("iam", "/", "us-east-1", user + "&"), user, {}),
        (signed("iam", "/", "us-east-1"), user, {}),
        (signed("sts", "/", "us-east-1"), "Action=GetSessionToken&Version=2011-06-15", {}),
        (signed("cloudformation", "/", region, stack + "&"), stack, {}),
        (signed("route53", "/2013-04-01/hostedzone", "us-east-1"), zone, {}),
        (signed("s3", f"/canary-{region}?delete", region), objects, {}),
        (signed("s3", f"/canary-{region}/k", region), "x", {}),
        (signed("apigateway", "/restapis", region), '{"name": "evil="}', {}),
        (signed("lambda", "/2015-03-31/functions/x/invocations", region), "{}", {}),
        (signed("dynamodb", "/", region), table, json_headers("DynamoDB_20120810.CreateTable")),
        (signed("logs", "/", region), group, json_headers("Logs_20140328.CreateLogGroup")),
        (signed("acm", "/", region), '{"DomainName": "evil.test"}',
         json_headers("CertificateManager.RequestCertificate")),
        ("/_tandem/reset", "", {}),
        ("/_tandem/links/us-west-2", '{"Paused": true}', {}),
        ("/_tandem/links/us-east-1", '{"Paused": true}', {}),
    ]
    return [{"base": base, "path": path, "body": body, "headers": headers, "thorough": thorough}
            for path, body, headers in calls]


def test_nothing_that_a_foreign_page_tries_happens(world):
    require_chromium()
    ports = world.ports
    bases = [(f"http://{world.addresses['global']}:{ports['endpoint']}", "us-east-1"),
             (f"http://rebound.example:{ports['endpoint']}", "us-east-1"),
             (f"http://iam.amazonaws.com:{ports['endpoint']}", "us-east-1")]
    bases += [(world.region_endpoint(region), region) for region in REGIONS]
    attempts = [attempt for base, region in bases
                for attempt in attempts_on(base, region, thorough=base == bases[0][0])]
    api = f"http://abc.execute-api.us-east-1.amazonaws.com:{ports['http']}/ping"
    site = Site()
    site.page = PAGE % (json.dumps(attempts), json.dumps([api]))
    before = state(world)
    names = {"evil.example": "127.0.0.1", "rebound.example": world.addresses["global"],
             "*.execute-api.us-east-1.amazonaws.com": world.addresses["us-east-1"],
             "*.amazonaws.com": world.addresses["global"]}
    with Browser(f"http://evil.example:{site.server_port}/", names):
        answers = wait_for(lambda: site.done, timeout=120, what="the page's last attempt")
    site.shutdown()
    assert state(world) == before
    # The data plane answers pages of any origin, as on AWS.
    assert answers == ["answered"]


def ask(world, process, head, body=b"", port=None):
    """Status line and body of a request as written down."""
    address = world.addresses[process]
    port = port or world.ports["endpoint" if process == "global" else "http"]
    with socket.create_connection((address, port), timeout=20) as connection:
        lines = [*head, f"Content-Length: {len(body)}", "Connection: close"]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    status, _, rest = answer.decode().partition("\r\n")
    return int(status.split()[1]), rest


@pytest.mark.parametrize("process", ["global", *REGIONS])
def test_a_rebound_name_is_refused_everywhere(world, process):
    # The page's origin and the host it asks are the same then: only the name gives it away.
    own = ["Host: rebound.example:4566", "Origin: http://rebound.example:4566",
           "Sec-Fetch-Site: same-origin"]
    for head, body, shape in (
            (["POST /_tandem/reset HTTP/1.1"], b"", '{"message":'),
            (["POST / HTTP/1.1", "X-Amz-Target: DynamoDB_20120810.ListTables"], b"{}",
             '"__type":"com.amazon.coral.service#AccessDeniedException"'),
            (["POST / HTTP/1.1", "Content-Type: application/x-www-form-urlencoded"],
             b"Action=ListUsers&Version=2010-05-08", "<Code>AccessDenied</Code>"),
            (["GET " + signed("s3", "/", "us-east-1") + " HTTP/1.1"], b"",
             "<Code>AccessDenied</Code>")):
        status, text = ask(world, process, head + own, body)
        assert status == 403 and shape in text, (head, text)
    # An absolute target's authority replaces Host (RFC 9112 §3.2.2).
    status, _ = ask(world, process, ["GET http://rebound.example/_tandem/health HTTP/1.1",
                                     "Host: 127.0.0.1:4566"])
    assert status == 403
    status, _ = ask(world, process, ["GET /_tandem/health HTTP/1.1", "Host: localhost:4566"])
    assert status == 200


def test_what_is_no_page_goes_on_working(world):
    for host in ("localhost:4566", "LOCALHOST.", "127.0.0.1", "[::1]:4566", "iam.amazonaws.com",
                 "bucket.localhost"):
        status, text = ask(world, "global", [
            "GET " + signed("iam", "/", "us-east-1", "Action=ListUsers&Version=2010-05-08&")
            + " HTTP/1.1", f"Host: {host}"])
        assert status == 200 and "canary" in text, (host, text)
    status, _ = ask(world, "global", ["GET /_tandem/health HTTP/1.0"])
    assert status == 200
    # A page that the process itself served may ask it.
    own = f"{world.addresses['global']}:{world.ports['endpoint']}"
    status, _ = ask(world, "global", ["GET /_tandem/health HTTP/1.1", f"Host: {own}",
                                      f"Origin: http://{own}", "Sec-Fetch-Site: same-origin"])
    assert status == 200
    # Any page may call an API, through the unified endpoint, too.
    for process in ("us-east-1", "global"):
        status, text = ask(world, process, [
            "GET /ping HTTP/1.1", "Host: abc.execute-api.us-east-1.amazonaws.com",
            "Origin: http://evil.example", "Sec-Fetch-Site: cross-site"])
        assert status == 200 and "healthy" in text


def test_an_object_opened_by_a_browser_is_no_page_of_the_api(world):
    own = f"{world.addresses['us-east-1']}:{world.ports['http']}"
    link = "GET " + signed("s3", "/canary-us-east-1/k", "us-east-1") + " HTTP/1.1"
    status, text = ask(world, "us-east-1", [link, f"Host: {own}"])
    assert status == 200 and "Content-Security-Policy" not in text
    status, text = ask(world, "us-east-1", [link, f"Host: {own}", "Sec-Fetch-Site: none",
                                            "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"])
    assert status == 200 and "Content-Security-Policy: sandbox\r\n" in text


def test_a_browser_finds_a_page_at_the_endpoint(world):
    """Which says where things are; `GET /` by anybody else is S3's."""
    asked = urllib.request.Request(f"{world.endpoint}/", headers={"Accept": "text/html,*/*;q=0.8"})
    with urllib.request.urlopen(asked) as answer:
        page = answer.read().decode()
    assert answer.headers["Content-Type"].startswith("text/html")
    for said in (*REGIONS, *world.addresses.values(), "tandem exec -- aws s3 ls", "/_tandem/dns"):
        assert said in page
    assert world.credentials["secretAccessKey"] not in page
    # As a browser asks. What it opens from there is of the page's own origin, so it must have one.
    status, text = ask(world, "global", [
        "GET / HTTP/1.1", f"Host: {world.addresses['global']}:{world.ports['endpoint']}", "Accept: text/html",
        "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"])
    assert status == 200 and "sandbox" not in text and 'href="/_tandem/dns"' in text
    assert world.client("s3").list_buckets()["Buckets"][0]["Name"] == "canary-us-east-1"
