// Functions of Node.js and Python in their cells: what they are told, how they answer and fail,
// what their log says. The texts are those of AWS's own runtimes.
#include <fstream>
#include <gmock/gmock.h>

#include "services/lambda/lambda_testing.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

struct Case {
  const char* mode;
  const char* answer;  ///< a regular expression
};

class ManagedRuntimes : public LambdaTest {
 protected:
  void make(std::string_view runtime, std::string_view handler, std::vector<ZipItem> files,
            json::object more = {}, std::string_view name = "f") {
    json::object input = function_input(name, make_zip(files));
    input["Runtime"] = runtime;
    input["Handler"] = handler;
    input["Timeout"] = 30;
    input["MemorySize"] = 256;
    for (const auto& [key, value] : more) input[key] = value;
    call("CreateFunction", std::move(input));
  }
  std::string answer(std::string_view name = "f", std::string payload = "{}") {
    return call("Invoke", {{"FunctionName", name}}, std::move(payload)).payload;
  }
  void expect(const std::vector<Case>& cases) {
    for (const Case& each : cases) {
      EXPECT_THAT(invoke(each.mode).payload, MatchesRegex(each.answer)) << each.mode;
    }
  }
  void expect_log(const char* pattern) {
    wait(service_->stop());
    EXPECT_THAT(log_lines(), Contains(MatchesRegex(pattern)));
  }
};

constexpr const char* kNodeWays = R"js(
const ways = {
  sync: (e, c) => 5,
  callback: (e, c, cb) => { setTimeout(() => { ways.late = 1; }, 20); cb(null, {late: ways.late || 0}); },
  wasLate: async () => ways.late,
  now: (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 60000).unref(); cb(null, 1); },
  error: (e, c, cb) => cb(new TypeError('no')),
  text: (e, c, cb) => cb('text'),
  fail: (e, c) => c.fail(),
  succeed: (e, c) => { c.succeed(3); c.succeed(4); },
  async: async () => ({d: new Date(0), n: NaN, b: Buffer.from('a'), m: new Map(), u: undefined}),
  none: async () => undefined,
  thrown: async () => { throw Object.assign(new RangeError('bad'), {code: 'E1'}); },
  string: async () => { throw 'x'; },
  big: async () => 1n,
  context: async (e, c) => [c.functionName, c.memoryLimitInMB, c.awsRequestId, c.invokedFunctionArn,
      c.logGroupName, c.getRemainingTimeInMillis() > 0, typeof process.env._X_AMZN_TRACE_ID,
      typeof process.env._TANDEM_RUNTIME],
  logs: async () => { console.log('one\ntwo %d', 7); console.error('bad'); process.stdout.write('raw\n'); },
  exit: () => process.exit(3),
  unhandled: (e, c, cb) => { Promise.reject(new Error('HelloError')); setTimeout(() => cb(), 1000); },
  uncaught: (e, c, cb) => { setTimeout(() => { throw new Error('later'); }, 1); setTimeout(() => cb(), 1000); },
};
exports.handler = (event, context, callback) => ways[event.mode](event, context, callback);
)js";

// aws-lambda-nodejs-runtime-interface-client 3.3.
TEST_F(ManagedRuntimes, NodeHandlersEndInEveryWay) {
  start();
  make("nodejs20.x", "index.handler", {{"index.js", kNodeWays}});
  expect(
      {{"sync", "null"},
       {"callback", R"(\{"late":0\})"},
       {"wasLate", "1"},
       {"now", "1"},
       {"error", R"(\{"errorType":"TypeError","errorMessage":"no","trace":\["TypeError: no",".*)"},
       {"text", R"(\{"errorType":"string","errorMessage":"text","trace":\[\]\})"},
       {"fail", R"(\{"errorType":"string","errorMessage":"handled","trace":\[\]\})"},
       {"succeed", "3"},
       {"async", R"(\{"d":"1970-01-01T00:00:00.000Z","n":null,"b":\{"type":"Buffer","data":)"
                 R"(\[97\]\},"m":\{\}\})"},
       {"none", "null"},
       {"thrown", R"(\{"errorType":"RangeError","errorMessage":"bad","trace":\["RangeError: )"
                  R"(bad","    at Object\.thrown .*)"},
       {"string", R"(\{"errorType":"string","errorMessage":"x","trace":\[\]\})"},
       {"big", R"(\{"errorType":"Error","errorMessage":"Unable to stringify response body".*)"},
       {"context", R"(\["f","256","8f507cfc[-0-9]+","arn:aws:lambda:us-east-1:123456789012:)"
                   R"(function:f","/aws/lambda/f",true,"string","undefined"\])"},
       {"logs", "null"}});
  wait(service_->stop());
  EXPECT_THAT(log_lines(),
              Contains(MatchesRegex("[-0-9]+T[:.0-9]+Z\t8f507cfc[-0-9]+\tINFO\tone\ntwo 7")));
  EXPECT_THAT(log_lines(),
              Contains(MatchesRegex("[-0-9]+T[:.0-9]+Z\t8f507cfc[-0-9]+\tERROR\tbad")));
  EXPECT_THAT(log_lines(), Contains("raw"));
  EXPECT_THAT(log_lines(),
              Contains(HasSubstr("\tERROR\tInvoke Error \t{\"errorType\":\"RangeError\","
                                 "\"errorMessage\":\"bad\",\"code\":\"E1\",\"stack\":[")));
}

TEST_F(ManagedRuntimes, NodeThatDiesSaysWhy) {
  start();
  make("nodejs20.x", "index.handler", {{"index.js", kNodeWays}});
  expect(
      {{"exit", ".*Runtime.ExitError.*Runtime exited with error: exit status 3\"\\}"},
       {"unhandled", R"(\{"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"Error: )"
                     R"(HelloError".*)"},
       {"uncaught", R"(\{"errorType":"Error","errorMessage":"later".*)"}});
  wait(service_->stop());
  EXPECT_THAT(log_lines(),
              Contains(HasSubstr("\tERROR\tUnhandled Promise Rejection \t{\"errorType\"")));
  EXPECT_THAT(log_lines(), Contains(HasSubstr("\tERROR\tUncaught Exception \t{\"errorType\"")));
}

TEST_F(ManagedRuntimes, NodeFindsModulesOfBothKinds) {
  start();
  const std::string package = R"({"type":"module"})";
  make("nodejs20.x", "src/app.a.b",
       {{"src/app.js", "export const a = {b: async () => import.meta.url};"},
        {"package.json", package}});
  EXPECT_EQ(answer(), "\"file:///var/task/src/app.js\"");
  make("nodejs20.x", "m.handler", {{"m.cjs", "exports.handler = async () => __filename"}}, {}, "c");
  EXPECT_EQ(answer("c"), "\"/var/task/m.cjs\"");
}

TEST_F(ManagedRuntimes, NodeThatCannotStartNamesWhatIsMissing) {
  runtimes_.modules["nodejs"] = folder_.string();  // empty, whatever this machine has
  start();
  make("nodejs6.10", "index.handler", {{"index.js", "require('aws-sdk');"}});
  EXPECT_THAT(answer(), StartsWith("{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":"
                                   "\"Error: Cannot find module 'aws-sdk'\\nRequire stack:\\n- "
                                   "/var/task/index.js\\n- /var/runtime/index.mjs\",\"trace\":["));
  wait(service_->stop());
  EXPECT_THAT(log_lines(),
              Contains(MatchesRegex("Tandem: nodejs6.10 runs on Node.js [0-9.]+ \\(.*\\); AWS "
                                    "retired it on 2019-08-12")));
  EXPECT_THAT(log_lines(),
              Contains(MatchesRegex("Tandem: AWS's runtime nodejs6.10 has aws-sdk, this machine "
                                    "does not: .npm install -g aws-sdk. brings it.*")));
}

// aws-lambda-nodejs-runtime-interface-client 4.0.
TEST_F(ManagedRuntimes, Node24AwaitsItsHandler) {
  start();
  make("nodejs24.x", "index.handler",
       {{"index.js",
         "exports.handler = (event, context) => ({n: 4, keys: Object.keys(context).length})"}});
  EXPECT_EQ(answer(), "{\"n\":4,\"keys\":11}");
  make("nodejs24.x", "index.handler", {{"index.js", "exports.handler = (e, c, cb) => cb()"}}, {},
       "c");
  EXPECT_THAT(answer("c"), StartsWith("{\"errorType\":\"Runtime.CallbackHandlerDeprecated\","
                                      "\"errorMessage\":\"ERROR: AWS Lambda has removed support"));
}

TEST_F(ManagedRuntimes, AStreamedResponseIsGivenAsAWhole) {
  start();
  make("nodejs20.x", "index.handler",
       {{"index.js",
         "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
         "  const out = awslambda.HttpResponseStream.from(stream, {statusCode: 201});\n"
         "  out.write('a'); out.write({b: 1});\n"
         "  if (event.mode === 'break') throw new Error('mid');\n"
         "  out.end('c');\n"
         "});\n"}});
  EXPECT_EQ(invoke("whole").payload,
            std::string("{\"statusCode\":201}\0\0\0\0\0\0\0\0a{\"b\":1}c", 35));
  const auto broken = invoke("break");
  EXPECT_EQ(json::string_or(broken.output, "FunctionError"), "Unhandled");
  EXPECT_THAT(broken.payload,
              StartsWith("{\"errorType\":\"Error\",\"errorMessage\":\"mid\",\"trace\":["));
}

constexpr const char* kPythonWays = R"py(
import collections, datetime, decimal, logging, os, sys
P = collections.namedtuple('P', 'x y')
log = logging.getLogger()
def values(e, c):
    return {'t': (1, 2), 'p': P(1, 2), 'd': decimal.Decimal('1.10'), 'n': float('nan'), 1: None, True: 'ä', None: 2}
def date(e, c): return datetime.datetime.now()
def raw(e, c): return b'\x00raw'
def error(e, c): raise ValueError('msg')
def exits(e, c): sys.exit(4)
def logs(e, c):
    print('one\ntwo')
    log.warning('warned\nline')
    log.info('unseen')
def context(e, c):
    return [c.function_name, c.memory_limit_in_mb, c.aws_request_id, c.client_context, c.get_remaining_time_in_millis() > 0,
            type(c.identity).__name__, '_X_AMZN_TRACE_ID' in os.environ, '_TANDEM_RUNTIME' in os.environ, str(exit)[:7]]
def path(e, c): return sys.path
def environment(e, c): return [os.environ[n] for n in ('AWS_EXECUTION_ENV', 'PATH', 'LD_LIBRARY_PATH', 'PYTHONPATH', 'LC_CTYPE')]
def handler(e, c): return globals()[e['mode']](e, c)
)py";

// aws-lambda-python-runtime-interface-client 4.0.
TEST_F(ManagedRuntimes, PythonHandlersAnswerAsOnAws) {
  start();
  make("python3.11", "pkg/app.handler", {{"pkg/__init__.py", ""}, {"pkg/app.py", kPythonWays}});
  expect(
      {{"values", R"(\{"t": \[1, 2\], "p": \{"x": 1, "y": 2\}, "d": 1.10, "n": NaN, "1": )"
                  R"("\\u00e4", "null": 2\})"},
       {"date", R"(\{"errorMessage": "Unable to marshal response: Object of type datetime is not )"
                R"(JSON serializable", "errorType": "Runtime.MarshalError", "requestId": )"
                R"("8f507cfc[-0-9]+", "stackTrace": \[\]\})"},
       {"error",
        R"(\{"errorMessage": "msg", "errorType": "ValueError", "requestId": )"
        R"("8f507cfc[-0-9]+", "stackTrace": \["  File \\"/var/task/pkg/app.py\\", line )"
        R"([0-9]+, in handler\\n    def handler.*\\n", "  File \\"/var/task/pkg/app.py\\", )"
        R"(line [0-9]+, in error\\n    def error.*\\n"\]\})"},
       {"context",
        R"(\["f", "256", "8f507cfc[-0-9]+", null, true, "CognitoIdentity", true, false, )"
        R"("Use exi"\])"},
       {"path", R"(\["/var/task", "/opt/python/lib/python3[.0-9]+/site-packages", "/opt/python", )"
                R"("/var/runtime", "/var/lang/lib/python.*)"},
       {"logs", "null"},
       {"exits", ".*Runtime exited with error: exit status 4\"\\}"}});
  EXPECT_EQ(invoke("raw").payload, std::string("\0raw", 4));
  wait(service_->stop());
  EXPECT_THAT(log_lines(), Contains("one"));
  EXPECT_THAT(log_lines(), Contains("two"));
  EXPECT_THAT(
      log_lines(),
      Contains(MatchesRegex("\\[WARNING\\]\t[-0-9]+T[:.0-9]+Z\t8f507cfc[-0-9]+\twarned\nline")));
  EXPECT_THAT(log_lines(), Not(Contains(HasSubstr("unseen"))));
  EXPECT_THAT(log_lines(),
              Contains(StartsWith("[ERROR] ValueError: msg\nTraceback (most recent call last):\n"
                                  "\u00a0\u00a0File \"/var/task/pkg/app.py\", line ")));
}

TEST_F(ManagedRuntimes, PythonOfAnotherVersionKeepsItsWays) {
  start();
  make("python3.12", "app.handler", {{"app.py", kPythonWays}});
  EXPECT_THAT(invoke("values").payload, HasSubstr("\"ä\""));
  EXPECT_EQ(
      invoke("environment").payload,
      "[\"AWS_Lambda_python3.12\", \"/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin\", "
      "\"/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:"
      "/opt/lib\", \"/var/runtime\", \"C.UTF-8\"]");
}

TEST_F(ManagedRuntimes, PythonThatCannotStartSaysSo) {
  start();
  make("python3.11", "app.handler", {{"app.py", "import nothing_here\n"}});
  EXPECT_EQ(
      answer(),
      "{\"errorMessage\": \"Unable to import module 'app': No module named 'nothing_here'\", "
      "\"errorType\": \"Runtime.ImportModuleError\", \"requestId\": \"\", \"stackTrace\": []}");
  expect_log("\\[WARNING\\]\t[-0-9]+T[:.0-9]+Z\t\tLAMBDA_WARNING: Unhandled exception. .*");
}

TEST_F(ManagedRuntimes, WhatAwsPreinstallsComesFromAFolder) {
  for (const char* name : {"aws-sdk", "@aws-sdk/client-s3"}) {
    const auto package = folder_ / "modules" / "node_modules" / name;
    std::filesystem::create_directories(package);
    std::ofstream(package / "package.json") << R"({"name":"x","main":"index.js"})";
    std::ofstream(package / "index.js") << "exports.name = '" << name << "';";
  }
  runtimes_.modules["nodejs"] = (folder_ / "modules").string();
  start();
  make("nodejs6.10", "index.handler",
       {{"index.js", "exports.handler = (e, c, cb) => cb(null, require('aws-sdk').name)"}});
  EXPECT_EQ(answer(), "\"aws-sdk\"");
  make("nodejs20.x", "index.handler",
       {{"index.mjs",
         "import {name} from '@aws-sdk/client-s3'; export const handler = async () => name;"}},
       {}, "m");
  EXPECT_EQ(answer("m"), "\"@aws-sdk/client-s3\"");
}

// Lambda developer guide, "Modifying the runtime environment": wrapper scripts.
TEST_F(ManagedRuntimes, AWrapperIsGivenTheCommand) {
  start();
  const auto wrapper = [](const char* path) {
    return json::object{{"Environment", {{"Variables", {{"AWS_LAMBDA_EXEC_WRAPPER", path}}}}}};
  };
  const std::vector<ZipItem> files = {
      {"index.js", "exports.handler = async () => process.env.WRAPPED"},
      {"wrap", "#!/bin/sh\nWRAPPED=yes exec \"$@\"\n", S_IFREG | 0755}};
  make("nodejs20.x", "index.handler", files, wrapper("/var/task/wrap"));
  EXPECT_EQ(answer(), "\"yes\"");
  make("nodejs20.x", "index.handler", files, wrapper("/opt/absent"), "absent");
  EXPECT_THAT(answer("absent"), HasSubstr("Runtime exited with error: exit status 127"));
}

TEST_F(ManagedRuntimes, AProgramThatIsNotThereIsNamedAtOnce) {
  runtimes_.programs = {{"nodejs", "/nowhere/node"}};
  start();
  json::object input = function_input("f", make_zip({{"index.js", "x"}}));
  input["Runtime"] = "nodejs20.x";
  EXPECT_THAT(
      refusal("CreateFunction", input),
      StartsWith("InvalidParameterValueException: Runtime nodejs20.x cannot run here: "
                 "functions.runtimes of tandem.yaml names /nowhere/node, which cannot be read"));
}

// AWS Knowledge Center, "lambda deployment package errors", has Node.js's message.
TEST_F(ManagedRuntimes, WhatNobodyElseMayReadAFunctionCannot) {
  if (::geteuid() != 0) GTEST_SKIP() << "functions are whoever runs the region";
  start();
  json::object input = function_input(
      "f", make_zip({{"index.js", "exports.handler = async () => 1", S_IFREG | 0600}}));
  input["Runtime"] = "nodejs20.x";
  input["Handler"] = "index.handler";
  call("CreateFunction", std::move(input));
  EXPECT_THAT(answer(), HasSubstr("EACCES: permission denied, open '/var/task/index.js'"));
}

TEST_F(ManagedRuntimes, TheOtherArchitectureRunsWithoutMachineCode) {
  start();
  const bool arm = machine_architecture() == "arm64";
  const std::string other = arm ? "x86_64" : "arm64";
  const json::object architectures = {{"Architectures", json::array{other}}};
  make("nodejs20.x", "index.handler", {{"index.js", "exports.handler = async () => process.arch"}},
       architectures);
  EXPECT_EQ(call("GetFunctionConfiguration", {{"FunctionName", "f"}}).output.at("Architectures"),
            json::array{other});
  EXPECT_EQ(answer(), arm ? "\"arm64\"" : "\"x64\"");
  std::string elf(
      "\x7f"
      "ELF\x02\x01",
      6);
  elf.resize(64, '\0');
  elf[18] = arm ? '\x3e' : '\xb7';
  json::object input = function_input("g", make_zip({{"index.js", "x"}, {"lib/a.node", elf}}));
  input["Runtime"] = "nodejs20.x";
  input["Architectures"] = json::array{other};
  EXPECT_THAT(
      refusal("CreateFunction", input),
      MatchesRegex("InvalidParameterValueException: Architectures: .* and lib/a.node is made for "
                   "another machine"));
  elf[18] = arm ? '\xb7' : '\x3e';
  input["Code"] = {
      {"ZipFile", core::base64_encode(make_zip({{"index.js", "x"}, {"lib/a.node", elf}}))}};
  EXPECT_EQ(refusal("CreateFunction", input),
            fmt::format("InvalidParameterValueException: Architectures: lib/a.node is made for "
                        "another machine than {}",
                        other));
  expect_log("Tandem: this [a-z0-9_]+ function runs on [a-z0-9_]+: nothing in its package.*");
}

TEST_F(ManagedRuntimes, AStrictRootHoldsNothingOfTheMachine) {
  runtimes_.root = sandbox::Root::kStrict;
  start();
  make("nodejs20.x", "index.handler",
       {{"index.js",
         "const fs = require('fs');\n"
         "exports.handler = async () => ['/usr/bin', '/usr/share/dict', '/bin/sh', "
         "'/var/task/index.js']"
         ".filter(fs.existsSync)"}});
  EXPECT_EQ(answer(), "[\"/var/task/index.js\"]");
  make("python3.11", "app.handler",
       {{"app.py",
         "import ctypes, hashlib, os, sqlite3, ssl, zlib\n"
         "def handler(e, c): return [os.path.exists(p) for p in ('/usr/bin', "
         "'/usr/lib/python3')]\n"}},
       {}, "p");
  EXPECT_EQ(answer("p"), "[false, false]");
  create({}, "c");
  EXPECT_EQ(call("Invoke", {{"FunctionName", "c"}}, "{\"mode\":\"count\"}").payload, "1");
}

}  // namespace
}  // namespace tandem::lambda
