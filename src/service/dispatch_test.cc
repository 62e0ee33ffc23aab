// The frame around small services: what a client sees when it asks for what is there, what is not,
// and what makes no sense.
#include "service/dispatch.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "aws/sigv4.h"
#include "net/body.h"
#include "net/gzip.h"
#include "net/tcp_http_client.h"
#include "service/endpoints.h"
#include "service/remote_api.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

class FakeService final : public Service {
 public:
  FakeService(std::string name, const Environment& environment, std::vector<Operation> operations)
      : name_(std::move(name)), environment_(environment), operations_(std::move(operations)) {}
  std::string_view name() const override { return name_; }
  const std::vector<Operation>& operations() const override { return operations_; }
  int resets = 0;

 private:
  const Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override {
    return [this] { ++resets; };
  }

  std::string name_;
  const Environment& environment_;
  std::vector<Operation> operations_;
};

/// Counts sync() and lets everything else through.
class CountingStore final : public store::Store {
 public:
  std::optional<std::string> get(std::string_view key) const override { return inner_->get(key); }
  void write(store::WriteBatch batch) override { inner_->write(std::move(batch)); }
  std::unique_ptr<store::Cursor> cursor(std::string_view b, std::string_view e) const override {
    return inner_->cursor(b, e);
  }
  std::uint64_t writes() const override { return inner_->writes(); }
  void sync() override { ++syncs; }
  std::atomic<int> syncs = 0;

 private:
  std::unique_ptr<store::Store> inner_ = store::make_memory_store();
};

/// Counts what a thread is given to do.
class CountingWorkers final : public core::Workers {
 public:
  void post(std::function<void()> work) override {
    ++posted;
    threads_.post(std::move(work));
  }
  int posted = 0;

 private:
  core::WorkerThreads threads_{1};
};

/// An answer in two pieces.
class Pieces final : public net::BodySource {
 public:
  Task<std::string> next() override {
    const std::string piece = given_ == 0 ? "{\"Item\":" : given_ == 1 ? "{}}" : "";
    ++given_;
    co_return piece;
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  int given_ = 0;
};

class DispatchTest : public ::testing::Test {
 protected:
  explicit DispatchTest(Durability durability = Durability::kWal)
      : dynamodb_("dynamodb", environment_, dynamodb_rows()),
        lambda_("lambda", environment_, lambda_rows()),
        s3_("s3", environment_, s3_rows()),
        sts_("sts", environment_, sts_rows()),
        dispatcher_({"us-east-1", "123456789012", durability}, clock_, random_, keys_, store_,
                    pool_) {
    for (Service* service : {&dynamodb_, &lambda_, &s3_, &sts_}) dispatcher_.add(*service);
  }

  std::vector<Operation> dynamodb_rows() {
    return {
        {"DescribeTable",
         sync_handler([](RequestContext& context, const json::object& input) -> Reply {
           if (json::string_or(input, "TableName") == "crash") throw std::runtime_error("boom");
           if (json::string_or(input, "TableName") == "full") {
             throw store::StoreError("the disk of us-east-1 has 1.0 MB free");
           }
           if (json::string_or(input, "TableName") == "nested") {
             refuse_member("StreamSpecification.StreamEnabled");
           }
           return json::object{
               {"Table", {{"TableName", input.at("TableName")}, {"TableArn", context.caller.arn}}}};
         }),
         {"TableName"},
         nullptr},
        {"ListTables",
         sync_handler([](RequestContext&, const json::object&) -> Reply { return {}; }),
         {"Limit"},
         nullptr},
        {"PutItem",
         nullptr,
         {"TableName", "Item"},
         [this](RequestContext&, std::string_view body) {
           store_.put("k", body);
           return std::string("{}");
         }},
        {"GetItem", nullptr, {"TableName", "Key"}, [](RequestContext&, std::string_view) {
           return std::shared_ptr<net::BodySource>(std::make_shared<Pieces>());
         }}};
  }

  static std::vector<Operation> lambda_rows() {
    return {
        {"Invoke",
         sync_handler([](RequestContext& context, const json::object& input) -> Reply {
           Reply reply(json::object{{"StatusCode", 200}, {"ExecutedVersion", "$LATEST"}});
           reply.payload = json::string_or(input, "FunctionName") + ":" + context.payload;
           return reply;
         }),
         {"FunctionName", "Payload", "InvocationType"},
         nullptr},
        {"CreateFunction",
         sync_handler([](RequestContext&, const json::object&) -> Reply { return {}; }),
         {"FunctionName", "Role", "Code", "VpcConfig", "VpcConfig.Ipv6AllowedForDualStack=false"},
         nullptr}};
  }

  static std::vector<Operation> s3_rows() {
    std::vector<Operation> rows = {
        {"PutObject",
         sync_handler([](RequestContext& context, const json::object& input) -> Reply {
           return json::object{{"ETag", json::string_or(input, "Bucket") + "/" +
                                            json::string_or(input, "Key") + "=" + context.payload +
                                            (context.stream ? " to come" : "")}};
         }),
         {"Bucket", "Key", "Body"},
         nullptr}};
    rows.back().takes = Operation::Payload::kAsItComes;
    return rows;
  }

  static std::vector<Operation> sts_rows() {
    return {{"GetCallerIdentity",
             sync_handler([](RequestContext& context, const json::object&) -> Reply {
               return json::object{{"Arn", context.caller.arn}};
             }),
             {},
             nullptr}};
  }

  net::HttpResponse send(net::HttpRequest request) {
    net::HttpResponse response;
    asio::co_spawn(loop_, dispatcher_.handle(std::move(request)),
                   [&](const std::exception_ptr& escaped, net::HttpResponse answer) {
                     EXPECT_FALSE(escaped);
                     response = std::move(answer);
                   });
    loop_.restart();
    loop_.run();
    return response;
  }

  /// Signed with a key nobody knows unless given another.
  net::HttpRequest request(std::string_view service, std::string_view operation,
                           const json::object& input, std::string payload = "",
                           aws::SigningCredentials credentials = {"AKIDUNKNOWN", "x", ""}) {
    const auto model = *aws::model::find_service(service);
    auto made = aws::encode_request(*model.operation(operation), input, std::move(payload));
    made.headers.set("Host", "127.0.0.1:4566");
    aws::sign_request(made, credentials, "us-east-1", model.signing_name(), clock_.now_s(),
                      signing_keys_);
    return made;
  }

  /// "status code: message", read as a client reads it.
  std::string refusal(std::string_view service, const net::HttpResponse& response) {
    const auto error = aws::decode_error(*aws::model::find_service(service), response);
    return fmt::format("{} {}: {}", response.status, error.code(), error.message());
  }

  /// The outcome of an in-process call; an error as {"error": …}.
  json::object call(std::string service, std::string operation, json::object input,
                    std::string caller = "") {
    json::object output;
    aws::ApiCall made{"us-east-1", std::move(service), std::move(operation), std::move(input),
                      "",          std::move(caller)};
    asio::co_spawn(loop_, dispatcher_.api().call(std::move(made)),
                   [&](const std::exception_ptr& escaped, aws::ApiResult result) {
                     output = std::move(result.output);
                     try {
                       if (escaped) std::rethrow_exception(escaped);
                     } catch (const aws::ApiError& error) {
                       output = {{"error", error.code() + ": " + error.message()}};
                     }
                   });
    loop_.restart();
    loop_.run();
    return output;
  }

  asio::io_context loop_;
  CountingWorkers pool_;
  core::ManualClock clock_;
  core::SeededRandom random_{7};
  CountingStore store_;
  KeyRing keys_;
  Config config_;
  Environment environment_{loop_.get_executor(), pool_, clock_, random_, store_, "", config_,
                           "us-east-1"};
  aws::SigningKeys signing_keys_;
  FakeService dynamodb_, lambda_, s3_, sts_;
  Dispatcher dispatcher_;
};

TEST_F(DispatchTest, AnswersInTheServicesProtocol) {
  const auto table = send(request("dynamodb", "DescribeTable", {{"TableName", "todos"}}));
  EXPECT_EQ(table.status, 200);
  EXPECT_EQ(table.body,
            R"({"Table":{"TableName":"todos","TableArn":"arn:aws:iam::123456789012:root"}})");
  EXPECT_EQ(table.headers.get_or("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(table.headers.get_or("x-amzn-RequestId").size(), 52u);
  EXPECT_TRUE(table.headers.contains("x-amz-crc32"));
  const auto invoked = send(request("lambda", "Invoke", {{"FunctionName", "f"}}, "{\"a\":1}"));
  EXPECT_EQ(invoked.body, "f:{\"a\":1}");
  EXPECT_EQ(invoked.headers.get_or("X-Amz-Executed-Version"), "$LATEST");
  const auto identity = send(request("sts", "GetCallerIdentity", {}));
  EXPECT_THAT(identity.body, ::testing::HasSubstr("<Arn>arn:aws:iam::123456789012:root</Arn>"));
  const auto put = send(request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k/1"}}, "data"));
  EXPECT_EQ(put.headers.get_or("ETag"), "b/k/1=data");
  EXPECT_EQ(put.headers.get_or("x-amz-request-id").size(), 16u);
}

TEST_F(DispatchTest, RunsRawRowsOnBytes) {
  const auto put = send(request("dynamodb", "PutItem", {{"TableName", "t"}}));
  EXPECT_EQ(put.body, "{}");
  EXPECT_EQ(store_.get("k"), R"({"TableName":"t"})");
  EXPECT_EQ(call("dynamodb", "PutItem", {{"TableName", "u"}}), json::object{});
  EXPECT_EQ(store_.get("k"), R"({"TableName":"u"})");
}

TEST_F(DispatchTest, ACallInTheProcessIsMadeOnSomebodysBehalf) {
  const auto caller = [&](std::string on_behalf_of) {
    const json::object answer =
        call("dynamodb", "DescribeTable", {{"TableName", "t"}}, std::move(on_behalf_of));
    return json::string_or(answer.at("Table").as_object(), "TableArn");
  };
  EXPECT_EQ(caller("arn:aws:iam::123456789012:user/u"), "arn:aws:iam::123456789012:user/u");
  EXPECT_EQ(caller(""), "arn:aws:iam::123456789012:root");
}

TEST_F(DispatchTest, RefusesWhatIsNotImplementedByName) {
  EXPECT_EQ(refusal("dynamodb", send(request("dynamodb", "CreateBackup", {}))),
            "400 NotImplementedException: Tandem does not support the operation CreateBackup of "
            "dynamodb yet.");
  EXPECT_EQ(refusal("dynamodb",
                    send(request("dynamodb", "ListTables", {{"ExclusiveStartTableName", "abc"}}))),
            "400 ValidationException: Tandem does not support the parameter "
            "ExclusiveStartTableName of ListTables yet.");
  EXPECT_EQ(refusal("lambda", send(request("lambda", "Invoke",
                                           {{"FunctionName", "f"}, {"LogType", "Tail"}}))),
            "400 InvalidParameterValueException: Tandem does not support the parameter LogType of "
            "Invoke yet.");
  EXPECT_EQ(refusal("s3", send(request("s3", "PutObject",
                                       {{"Bucket", "b"}, {"Key", "k"}, {"ACL", "private"}}))),
            "501 NotImplemented: Tandem does not support the parameter ACL of PutObject yet.");
  EXPECT_EQ(
      refusal("dynamodb", send(request("dynamodb", "DescribeTable", {{"TableName", "nested"}}))),
      "400 ValidationException: Tandem does not support StreamSpecification.StreamEnabled "
      "yet.");
  auto annotate = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}});
  annotate.target += "?annotation";
  EXPECT_EQ(refusal("s3", send(annotate)),
            "400 NotImplemented: Tandem does not support the sub-resource annotation of s3 yet.");
}

// Members and operations that AWS has added since the installed botocore: services/*/younger.json
// names their source.
TEST_F(DispatchTest, RefusesByNameWhatAwsHasAddedSince) {
  EXPECT_EQ(refusal("lambda", send(request("lambda", "Invoke",
                                           {{"FunctionName", "f"}, {"TenantId", "blue"}}))),
            "400 InvalidParameterValueException: Tandem does not support the parameter TenantId of "
            "Invoke yet.");
  auto policy = request("dynamodb", "ListTables", {});
  policy.headers.set("X-Amz-Target", "DynamoDB_20120810.PutResourcePolicy");
  EXPECT_EQ(refusal("dynamodb", send(policy)),
            "400 NotImplementedException: Tandem does not support the operation PutResourcePolicy "
            "of dynamodb yet.");
  auto streams = request("dynamodb", "ListTables", {});
  streams.headers.set("X-Amz-Target", "DynamoDBStreams_20120810.GetRecords");
  EXPECT_EQ(refusal("dynamodb", send(streams)),
            "400 NotImplementedException: Tandem does not support the operation GetRecords of "
            "dynamodbstreams yet.");
  auto rename = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}});
  rename.target += "?renameObject";
  EXPECT_EQ(refusal("s3", send(rename)),
            "400 NotImplemented: Tandem does not support the operation RenameObject of s3 yet.");
}

TEST_F(DispatchTest, YoungerMembersOfStructuresAreAcceptedByPath) {
  // AWS Lambda API reference, VpcConfig: Ipv6AllowedForDualStack; FunctionCode: SourceKMSKeyArn.
  const auto create = [this](json::object more) {
    json::object input = {{"FunctionName", "f"}, {"Role", "arn:aws:iam::123456789012:role/r"}};
    for (auto& [key, value] : more) input[key] = value;
    return refusal("lambda", send(request("lambda", "CreateFunction", input)));
  };
  EXPECT_EQ(create({{"Code", {{"SourceKMSKeyArn", "arn:aws:kms:us-east-1:1:key/a"}}}}),
            "400 InvalidParameterValueException: Tandem does not support the parameter "
            "Code.SourceKMSKeyArn of CreateFunction yet.");
  EXPECT_EQ(create({{"Code", json::object()}, {"VpcConfig", {{"Ipv6AllowedForDualStack", true}}}}),
            "400 InvalidParameterValueException: Tandem does not support the parameter "
            "VpcConfig.Ipv6AllowedForDualStack other than false of CreateFunction yet.");
  EXPECT_THAT(
      create({{"Code", json::object()}, {"VpcConfig", {{"Ipv6AllowedForDualStack", false}}}}),
      ::testing::StartsWith("201 "));
}

TEST_F(DispatchTest, RefusesByNameWhatNobodyKnows) {
  const auto send_body = [this](std::string body) {
    auto made = request("dynamodb", "DescribeTable", {{"TableName", "t"}});
    made.body = std::move(body);
    return refusal("dynamodb", send(std::move(made)));
  };
  EXPECT_EQ(send_body(R"({"TableName":"t","NotYetKnown":1})"),
            "400 ValidationException: Tandem does not know the parameter NotYetKnown of "
            "DescribeTable.");
  // AWS's own complaints come first.
  EXPECT_THAT(send_body(R"({"NotYetKnown":1})"), ::testing::HasSubstr("1 validation error"));
  auto query = request("sts", "GetCallerIdentity", {});
  query.body += "&NotYetKnown=1";
  EXPECT_THAT(refusal("sts", send(query)),
              ::testing::StartsWith("400 ValidationError: Tandem does not know the parameter "
                                    "NotYetKnown of GetCallerIdentity."));
  EXPECT_THAT(
      json::to_std(
          call("dynamodb", "DescribeTable", {{"TableName", "t"}, {"NotYetKnown", 1}}).at("error")),
      ::testing::StartsWith("ValidationException: Tandem does not know the parameter "
                            "NotYetKnown of DescribeTable."));
}

TEST_F(DispatchTest, TellsUnknownOperationsFromAbsentOnes) {
  auto unknown = request("dynamodb", "ListTables", {});
  unknown.headers.set("X-Amz-Target", "DynamoDB_20120810.Nonsense");
  EXPECT_EQ(refusal("dynamodb", send(unknown)), "400 UnknownOperationException: ");
  auto query = request("sts", "GetCallerIdentity", {});
  query.body = "Action=Nonsense&Version=2011-06-15";
  EXPECT_EQ(refusal("sts", send(query)),
            "400 InvalidAction: Could not find operation Nonsense for version 2011-06-15");
  query.body = "Action=GetCallerIdentity&Version=2010-05-08";
  EXPECT_EQ(refusal("sts", send(query)),
            "400 InvalidAction: Could not find operation GetCallerIdentity for version 2010-05-08");
  query.body = "Action=GetCallerIdentity";
  EXPECT_EQ(refusal("sts", send(query)),
            "400 InvalidAction: Could not find operation GetCallerIdentity for version "
            "NO_VERSION_SPECIFIED");
  auto path = request("lambda", "Invoke", {{"FunctionName", "f"}});
  path.target = "/2015-03-31/nonsense";
  EXPECT_EQ(send(path).status, 404);
}

TEST_F(DispatchTest, ValidatesInAwsWords) {
  EXPECT_EQ(refusal("dynamodb", send(request("dynamodb", "DescribeTable", {{"TableName", ""}}))),
            "400 ValidationException: 1 validation error detected: Value '' at 'tableName' "
            "failed to satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(call("dynamodb", "DescribeTable", {{"TableName", ""}}).at("error"),
            "ValidationException: 1 validation error detected: Value '' at 'tableName' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(call("dynamodb", "ListTables", {{"ExclusiveStartTableName", "abc"}}).at("error"),
            "ValidationException: Tandem does not support the parameter ExclusiveStartTableName "
            "of ListTables yet.");
}

TEST_F(DispatchTest, HidesWhatWentWrongInside) {
  const auto response = send(request("dynamodb", "DescribeTable", {{"TableName", "crash"}}));
  EXPECT_EQ(refusal("dynamodb", response), "500 InternalServerError: Internal server error");
}

// DynamoDB developer guide, "Error handling": ServiceUnavailable, 503, "should be a temporary
// state".
TEST_F(DispatchTest, AStoreThatRefusesIsSaidWithItsReason) {
  const auto response = send(request("dynamodb", "DescribeTable", {{"TableName", "full"}}));
  EXPECT_EQ(refusal("dynamodb", response),
            "503 ServiceUnavailable: the disk of us-east-1 has 1.0 MB free");
}

TEST_F(DispatchTest, VerifiesKeysItKnows) {
  keys_.set("AKIDKNOWN", {"secret", "", "arn:aws:iam::123456789012:user/u"});
  const aws::SigningCredentials good{"AKIDKNOWN", "secret", ""};
  const aws::SigningCredentials bad{"AKIDKNOWN", "other", ""};
  const aws::SigningCredentials token{"AKIDKNOWN", "secret", "token"};
  EXPECT_THAT(send(request("sts", "GetCallerIdentity", {}, "", good)).body,
              ::testing::HasSubstr("user/u"));
  EXPECT_THAT(refusal("sts", send(request("sts", "GetCallerIdentity", {}, "", bad))),
              ::testing::StartsWith("403 SignatureDoesNotMatch: "));
  EXPECT_THAT(refusal("dynamodb", send(request("dynamodb", "ListTables", {}, "", bad))),
              ::testing::StartsWith("400 InvalidSignatureException: "));
  EXPECT_EQ(refusal("sts", send(request("sts", "GetCallerIdentity", {}, "", token))),
            "403 InvalidClientTokenId: The security token included in the request is invalid.");
  auto elsewhere = request("dynamodb", "ListTables", {});
  aws::sign_request(elsewhere, good, "us-west-2", "dynamodb", clock_.now_s(), signing_keys_);
  EXPECT_EQ(refusal("dynamodb", send(elsewhere)),
            "400 InvalidSignatureException: Credential should be scoped to a valid region, not "
            "'us-west-2'. ");
  // IAM User Guide, "Troubleshoot AWS API request signatures".
  auto of_another = request("dynamodb", "ListTables", {});
  aws::sign_request(of_another, good, "us-east-1", "s3", clock_.now_s(), signing_keys_);
  EXPECT_EQ(refusal("dynamodb", send(of_another)),
            "400 InvalidSignatureException: Credential should be scoped to correct service: "
            "'dynamodb'. ");
  auto late = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}}, "", good);
  clock_.advance_ms(901'000);
  EXPECT_EQ(refusal("s3", send(late)),
            "403 RequestTimeTooSkewed: The difference between the request time and the current "
            "time is too large.");
}

TEST_F(DispatchTest, RefusesUnsignedRequests) {
  auto unsigned_request = request("dynamodb", "ListTables", {});
  unsigned_request.headers.erase("Authorization");
  EXPECT_EQ(refusal("dynamodb", send(unsigned_request)),
            "400 MissingAuthenticationTokenException: Request is missing Authentication Token");
  net::HttpRequest nothing;
  nothing.method = "GET";
  nothing.target = "/";
  EXPECT_EQ(send(nothing).status, 403);
}

// S3 user guide, "Moving from Signature Version 2 to Signature Version 4": buckets made since June
// 24, 2020 take version 4 only. (Presigned URLs are served all the same: aws/sigv2.h.)
TEST_F(DispatchTest, RefusesSignatureVersion2OfS3InTheHeader) {
  const std::string refused =
      "400 InvalidRequest: The authorization mechanism you have provided is not supported. Please "
      "use AWS4-HMAC-SHA256.";
  net::HttpRequest request;
  request.method = "GET";
  request.headers.add("Host", "127.0.0.1:4566");
  request.target = "/b/k";
  request.headers.add("Authorization", "AWS AKIDUNKNOWN:x=");
  EXPECT_EQ(refusal("s3", send(request)), refused);
}

TEST_F(DispatchTest, TakesVirtualHostedBucketsAndGzip) {
  auto put = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}}, "data");
  put.headers.set("Host", "my.bucket.s3.us-east-1.amazonaws.com");
  put.target = "/a%20key";
  EXPECT_EQ(send(put).headers.get_or("ETag"), "my.bucket/a key=data");
  auto table = request("dynamodb", "DescribeTable", {{"TableName", "todos"}});
  table.body = net::gzip(table.body);
  table.headers.set("Content-Encoding", "gzip");
  EXPECT_EQ(send(table).status, 200);
  table.body = "not gzip";
  EXPECT_EQ(send(table).status, 400);
}

/// Documents that take longer to be read than others may be kept waiting.
TEST_F(DispatchTest, LargeDocumentsAreReadOnThePool) {
  auto table = request("dynamodb", "DescribeTable", {{"TableName", "todos"}});
  EXPECT_EQ(send(table).status, 200);
  EXPECT_EQ(pool_.posted, 0);
  auto large = table;
  large.body += std::string(200'000, ' ');
  EXPECT_EQ(send(large).body, send(table).body);
  EXPECT_EQ(pool_.posted, 2) << "for its hash and for its document";
  large.body += "x";
  EXPECT_EQ(refusal("dynamodb", send(large)), "400 SerializationException: ");
  EXPECT_EQ(pool_.posted, 4);
  // How large a compressed one is shows when it has been opened.
  table.body = net::gzip(table.body);
  table.headers.set("Content-Encoding", "gzip");
  EXPECT_EQ(send(table).status, 200);
  EXPECT_EQ(pool_.posted, 6);
}

TEST_F(DispatchTest, SignaturesOfLargeBodiesAreVerified) {
  keys_.set("AKIDKNOWN", {.secret = "secret", .arn = "arn:aws:iam::123456789012:user/known"});
  const json::object input{{"TableName", std::string(300'000, 'x')}};
  const auto put = request("dynamodb", "PutItem", input, "", {"AKIDKNOWN", "secret", ""});
  EXPECT_EQ(send(put).status, 200);
  auto changed = put;
  changed.body.back() = ' ';
  EXPECT_THAT(refusal("dynamodb", send(changed)),
              ::testing::StartsWith("400 InvalidSignatureException"));
}

TEST_F(DispatchTest, MessagesShowTheBeginningOfWhatIsVeryLong) {
  const std::string name(1'000'000, 'x');
  const auto response = send(request(
      "lambda", "CreateFunction",
      {{"FunctionName", name}, {"Role", "arn:aws:iam::123456789012:role/r"}, {"Code", {}}}));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, ::testing::HasSubstr("xxx...' at 'functionName' failed to satisfy"));
  EXPECT_LT(response.body.size(), 20'000U);
}

TEST_F(DispatchTest, ARawAnswerMayBeASource) {
  const auto response = send(request("dynamodb", "GetItem", {{"TableName", "t"}}));
  EXPECT_TRUE(response.source);
  // That of the whole is not known when the head is sent, and a wrong one would make SDKs refuse
  // it.
  EXPECT_FALSE(response.headers.contains("x-amz-crc32"));
  EXPECT_EQ(call("dynamodb", "GetItem", {{"TableName", "t"}}),
            (json::object{{"Item", json::object{}}}));
}

TEST_F(DispatchTest, DecodesChunkedUploads) {
  auto put = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}});
  put.headers.set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  put.body = "4\r\ndata\r\n0\r\n\r\n";
  EXPECT_EQ(send(put).headers.get_or("ETag"), "b/k=data");
  put.body = "4\r\nda";
  EXPECT_THAT(refusal("s3", send(put)), ::testing::StartsWith("400 IncompleteBody"));
}

/// Never pulled: no content is needed to find out whose it is.
class Untouched final : public net::BodySource {
 public:
  Task<std::string> next() override { throw net::BodyError("pulled"); }
  std::optional<std::uint64_t> length() const override { return 1'000'000; }
};

TEST_F(DispatchTest, ContentThatIsToComeIsTheOperationsToPull) {
  auto put = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}});
  EXPECT_TRUE(dispatcher_.takes_source(put));
  put.source = std::make_shared<Untouched>();
  EXPECT_EQ(send(put).headers.get_or("ETag"), "b/k= to come");
  auto hosted = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}});
  hosted.headers.set("Host", "b.s3.us-east-1.amazonaws.com");
  hosted.target = "/k";
  EXPECT_TRUE(dispatcher_.takes_source(hosted));
  // A signature over a hash that is not named needs the body first.
  auto unnamed = request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}});
  unnamed.headers.erase("x-amz-content-sha256");
  EXPECT_FALSE(dispatcher_.takes_source(unnamed));
  EXPECT_FALSE(dispatcher_.takes_source(request("s3", "ListBuckets", {})));
  EXPECT_FALSE(dispatcher_.takes_source(request("dynamodb", "DescribeTable", {})));
}

TEST_F(DispatchTest, AnUploadOfAKnownKeyIsVerifiedBeforeItsContent) {
  keys_.set("AKIDKNOWN", {.secret = "secret", .arn = "arn:aws:iam::123456789012:user/known"});
  auto put =
      request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}}, "", {"AKIDKNOWN", "secret", ""});
  put.source = std::make_shared<Untouched>();
  EXPECT_EQ(send(put).status, 200);
  auto forged =
      request("s3", "PutObject", {{"Bucket", "b"}, {"Key", "k"}}, "", {"AKIDKNOWN", "guess", ""});
  forged.source = std::make_shared<Untouched>();
  EXPECT_THAT(refusal("s3", send(forged)), ::testing::HasSubstr("SignatureDoesNotMatch"));
}

TEST_F(DispatchTest, ListsItsCoverage) {
  const auto coverage = dispatcher_.coverage();
  const auto& services = coverage.at("services").as_object();
  const auto& dynamodb = services.at("dynamodb").as_object();
  EXPECT_EQ(json::to_text(dynamodb.at("DescribeTable")), R"({"status":"implemented"})");
  EXPECT_EQ(json::to_text(dynamodb.at("ListTables")),
            R"({"status":"partial","missing":["ExclusiveStartTableName"]})");
  EXPECT_EQ(json::to_text(dynamodb.at("CreateBackup")), R"({"status":"absent"})");
  // Younger than the installed botocore, and of a service behind DynamoDB's names.
  EXPECT_EQ(json::to_text(dynamodb.at("PutResourcePolicy")), R"({"status":"absent"})");
  EXPECT_EQ(json::to_text(services.at("dynamodbstreams").at("GetRecords")),
            R"({"status":"absent"})");
  EXPECT_THAT(json::to_text(services.at("lambda").at("Invoke")),
              ::testing::HasSubstr("\"TenantId\""));
}

TEST_F(DispatchTest, CountsWhatItAnswered) {
  send(request("dynamodb", "ListTables", {}));
  send(request("dynamodb", "DescribeTable", {{"TableName", ""}}));
  core::MetricSet metrics;
  dispatcher_.describe_metrics(metrics);
  const std::string text = core::prometheus_text(metrics);
  EXPECT_THAT(text, ::testing::HasSubstr("tandem_requests_total{service=\"dynamodb\",operation="
                                         "\"ListTables\",outcome=\"ok\"} 1\n"));
  EXPECT_THAT(text,
              ::testing::HasSubstr("operation=\"DescribeTable\",outcome=\"client_error\"} 1"));
}

class FsyncDispatchTest : public DispatchTest {
 protected:
  FsyncDispatchTest() : DispatchTest(Durability::kFsync) {}
};

TEST_F(FsyncDispatchTest, SyncsOnlyAfterWritesAndSharesTheSync) {
  send(request("dynamodb", "ListTables", {}));
  EXPECT_EQ(store_.syncs, 0);
  int answered = 0;
  for (int i = 0; i < 50; ++i) {
    asio::co_spawn(loop_, dispatcher_.handle(request("dynamodb", "PutItem", {{"TableName", "t"}})),
                   [&](const std::exception_ptr& escaped, const net::HttpResponse& response) {
                     EXPECT_FALSE(escaped);
                     if (response.status == 200) ++answered;
                   });
  }
  loop_.restart();
  loop_.run();
  EXPECT_EQ(answered, 50);
  // The first request starts a sync; all others wait for the one after it.
  EXPECT_EQ(store_.syncs, 2);
}

TEST_F(DispatchTest, RemoteCallsAreUnderstood) {
  net::TcpHttpClient client(loop_.get_executor(), {});
  keys_.set("AKIDKNOWN", {"secret", "", "arn:aws:iam::123456789012:root"});
  RemoteApi api(
      client, [](const aws::ApiCall&) { return net::HttpTarget{}; }, {"AKIDKNOWN", "secret", ""},
      clock_);
  const aws::ApiCall invoke{"us-east-1", "lambda", "Invoke", {{"FunctionName", "f"}}, "{}"};
  EXPECT_EQ(send(api.make_request(invoke)).body, "f:{}");
  const aws::ApiCall identity{"us-east-1", "sts", "GetCallerIdentity", {}, ""};
  EXPECT_EQ(api.make_request(identity).headers.get_or("Host"), "sts.amazonaws.com");
  EXPECT_EQ(send(api.make_request(identity)).status, 200);
}

TEST(Destination, IsReadFromScopeHostTargetAndVersion) {
  const auto read = [](net::Headers headers, std::string target = "/", std::string body = "") {
    net::HttpRequest request;
    request.method = "POST";
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    const auto destination = destination_of(request);
    return destination.service + "@" + destination.region;
  };
  const std::string scope = "AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/";
  EXPECT_EQ(read({{"Authorization", scope + "s3/aws4_request, Signature=x"}}), "s3@us-west-2");
  EXPECT_EQ(read({{"Host", "dynamodb.eu-west-1.amazonaws.com"}}), "dynamodb@eu-west-1");
  EXPECT_EQ(read({{"Host", "123456789012.ddb.us-west-2.amazonaws.com"}}), "dynamodb@us-west-2");
  EXPECT_EQ(read({{"Host", "iam.amazonaws.com"}}), "iam@");
  EXPECT_EQ(read({{"Host", "b.s3.amazonaws.com"}}), "s3@");
  EXPECT_EQ(read({{"Host", "s3-us-west-2.amazonaws.com"}}), "s3@us-west-2");
  EXPECT_EQ(read({{"Host", "a1.execute-api.us-west-2.amazonaws.com:8443"}}),
            "execute-api@us-west-2");
  EXPECT_EQ(read({{"Host", "u1.lambda-url.us-west-2.on.aws"}}), "lambda-url@us-west-2");
  EXPECT_EQ(read({{"X-Amz-Target", "Logs_20140328.PutLogEvents"}}), "logs@");
  EXPECT_EQ(read({{"Content-Type", "application/x-www-form-urlencoded"}}, "/",
                 "Action=AssumeRoleWithSAML&Version=2011-06-15"),
            "sts@");
  EXPECT_EQ(read({{"Host", "localhost:4566"}},
                 "/b/k?X-Amz-Credential=a%2F20260101%2Fus-west-2%2Fs3%2Faws4_request"),
            "s3@us-west-2");
  EXPECT_EQ(read({{"Host", "localhost:4566"}, {"Authorization", "AWS4-HMAC-SHA256 garbage"}}), "@");
  // Signature version 2 in these forms was S3's alone.
  EXPECT_EQ(read({{"Host", "localhost:4566"}}, "/b/k?AWSAccessKeyId=a&Signature=b&Expires=1"),
            "s3@");
  EXPECT_EQ(read({{"Host", "localhost:4566"}, {"Authorization", "AWS a:b"}}, "/b/k"), "s3@");
}

}  // namespace
}  // namespace tandem::service
