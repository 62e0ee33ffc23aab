#include "services/s3/service.h"

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "aws/error.h"
#include "core/bytes.h"
#include "store/engines.h"

namespace tandem::s3 {
namespace {

struct Answer {
  json::object output;
  std::string payload;
  int status = 0;
  std::string error;
};

class S3ServiceTest : public ::testing::Test {
 protected:
  S3ServiceTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("tandem-s3-" + std::to_string(::getpid()))),
        store_(store::make_memory_store()) {
    std::filesystem::remove_all(folder_);
    open("us-east-1");
  }
  ~S3ServiceTest() override { std::filesystem::remove_all(folder_); }

  void open(std::string region) {
    service_.emplace(service::Environment{loop_.get_executor(), pool_, clock_, random_, *store_,
                                          folder_, config_, std::move(region)});
    service_->start();
  }

  Answer call(std::string_view name, json::object input, std::string payload = "") {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      context.payload = std::move(payload);
      Answer answer;
      asio::co_spawn(loop_, operation.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       answer.output = std::move(reply.output);
                       answer.payload = std::move(reply.payload);
                       answer.status = reply.status;
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         answer.error = error.code();
                       }
                     });
      loop_.restart();
      loop_.run();
      return answer;
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }

  Answer put(std::string_view key, std::string body, json::object more = {}) {
    more["Bucket"] = "bucket";
    more["Key"] = key;
    return call("PutObject", std::move(more), std::move(body));
  }
  Answer get(std::string_view key, json::object more = {}) {
    more["Bucket"] = "bucket";
    more["Key"] = key;
    return call("GetObject", std::move(more));
  }
  std::size_t files() const {
    std::size_t count = 0;
    if (!std::filesystem::exists(folder_)) return 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::optional<S3Service> service_;
};

TEST_F(S3ServiceTest, LocationConstraintMustBeTheRegion) {
  // API reference, CreateBucket, and the errors it names.
  const json::object west = {{"LocationConstraint", "us-west-2"}};
  const json::object east = {{"LocationConstraint", "us-east-1"}};
  const auto create = [&](const json::object* configuration) {
    json::object input = {{"Bucket", "bucket"}};
    if (configuration != nullptr) input["CreateBucketConfiguration"] = *configuration;
    return call("CreateBucket", input).error;
  };
  EXPECT_EQ(create(&east), "InvalidLocationConstraint");
  EXPECT_EQ(create(&west), "IllegalLocationConstraintException");
  EXPECT_EQ(create(nullptr), "");
  // Once more is fine in us-east-1 alone.
  EXPECT_EQ(create(nullptr), "");
  open("us-west-2");
  EXPECT_EQ(create(nullptr), "IllegalLocationConstraintException");
  EXPECT_EQ(create(&west), "BucketAlreadyOwnedByYou");
}

TEST_F(S3ServiceTest, ObjectsComeBackAsTheyWerePut) {
  EXPECT_EQ(put("k", "x").error, "NoSuchBucket");
  call("CreateBucket", {{"Bucket", "bucket"}});
  const Answer stored =
      put("a/b", "hello", {{"ContentType", "text/plain"}, {"Metadata", {{"m", "v"}}}});
  EXPECT_EQ(stored.output.at("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  const Answer got = get("a/b");
  EXPECT_EQ(got.payload, "hello");
  EXPECT_EQ(got.output.at("ContentType"), "text/plain");
  EXPECT_EQ(got.output.at("Metadata").at("m"), "v");
  EXPECT_EQ(got.output.at("ContentLength").to_number<int>(), 5);
  EXPECT_EQ(get("other").error, "NoSuchKey");
  EXPECT_EQ(service_->read_object("bucket", "a/b"), "hello");
  EXPECT_EQ(service_->read_object("bucket", "other"), std::nullopt);
}

TEST_F(S3ServiceTest, RangesAndConditions) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  put("k", "0123456789");
  const Answer part = get("k", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.payload, "234");
  EXPECT_EQ(get("k", {{"Range", "bytes=99-"}}).error, "InvalidRange");
  EXPECT_EQ(get("k", {{"IfNoneMatch", "*"}}).status, 304);
  EXPECT_EQ(put("k", "y", {{"IfNoneMatch", "*"}}).error, "PreconditionFailed");
  EXPECT_EQ(put("n", "y", {{"IfNoneMatch", "*"}}).error, "");
}

TEST_F(S3ServiceTest, NothingIsLeftBehindByFailuresAndReplacements) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  EXPECT_EQ(put("k", "x", {{"ContentMD5", core::base64_encode(core::md5("y"))}}).error,
            "BadDigest");
  EXPECT_EQ(files(), 0u);
  put("k", "one");
  put("k", "two");
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(call("DeleteBucket", {{"Bucket", "bucket"}}).error, "BucketNotEmpty");
  EXPECT_EQ(call("DeleteObject", {{"Bucket", "bucket"}, {"Key", "k"}}).error, "");
  EXPECT_EQ(call("DeleteObject", {{"Bucket", "bucket"}, {"Key", "k"}}).error, "");
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(call("DeleteBucket", {{"Bucket", "bucket"}}).error, "");
}

TEST_F(S3ServiceTest, StartRemovesWhatACrashLeft) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  put("k", "kept");
  // As if the process had died after writing the file and before storing the object.
  Catalog catalog(*store_);
  catalog.add_loose("deadbeef");
  std::filesystem::create_directories(folder_ / "objects" / "de");
  std::ofstream(folder_ / "objects" / "de" / "deadbeef") << "orphan";
  EXPECT_EQ(files(), 2u);
  open("us-east-1");
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(get("k").payload, "kept");
  EXPECT_TRUE(catalog.loose().empty());
}

TEST_F(S3ServiceTest, CopiesObjects) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  put("from", "content", {{"ContentType", "text/plain"}});
  const auto copy = [&](json::object input) {
    input["Bucket"] = "bucket";
    return call("CopyObject", std::move(input)).error;
  };
  EXPECT_EQ(copy({{"Key", "to"}, {"CopySource", "bucket/from"}}), "");
  EXPECT_EQ(get("to").payload, "content");
  EXPECT_EQ(get("to").output.at("ContentType"), "text/plain");
  EXPECT_EQ(copy({{"Key", "from"}, {"CopySource", "bucket/from"}}), "InvalidRequest");
  EXPECT_EQ(copy({{"Key", "from"},
                  {"CopySource", "bucket/from"},
                  {"MetadataDirective", "REPLACE"},
                  {"ContentType", "text/html"}}),
            "");
  EXPECT_EQ(get("from").output.at("ContentType"), "text/html");
  EXPECT_EQ(copy({{"Key", "x"}, {"CopySource", "bucket/none"}}), "NoSuchKey");
}

TEST_F(S3ServiceTest, UploadsInParts) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  const Answer created = call("CreateMultipartUpload", {{"Bucket", "bucket"}, {"Key", "k"}});
  const std::string id = json::to_std(created.output.at("UploadId"));
  const auto part = [&](int number, std::string body) {
    return json::to_std(
        call("UploadPart",
             {{"Bucket", "bucket"}, {"Key", "k"}, {"UploadId", id}, {"PartNumber", number}},
             std::move(body))
            .output.at("ETag"));
  };
  const std::string first(kMinPartBytes, 'a');
  part(1, "replaced");
  const std::string one = part(1, first);
  const std::string two = part(2, "tail");
  const json::array parts = {{{"PartNumber", 1}, {"ETag", one}},
                             {{"PartNumber", 2}, {"ETag", two}}};
  const json::object complete = {{"Bucket", "bucket"},
                                 {"Key", "k"},
                                 {"UploadId", id},
                                 {"MultipartUpload", {{"Parts", parts}}}};
  const Answer done = call("CompleteMultipartUpload", complete);
  EXPECT_EQ(done.error, "");
  EXPECT_EQ(get("k").payload, first + "tail");
  EXPECT_EQ(call("CompleteMultipartUpload", complete).error, "NoSuchUpload");
  EXPECT_EQ(files(), 1u);
}

TEST_F(S3ServiceTest, ResetForgetsEverything) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  put("k", "x");
  asio::co_spawn(loop_, service_->reset(), [](const std::exception_ptr&) {});
  loop_.restart();
  loop_.run();
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(get("k").error, "NoSuchBucket");
  call("CreateBucket", {{"Bucket", "bucket"}});
  EXPECT_EQ(put("k", "x").error, "");
}

}  // namespace
}  // namespace tandem::s3
