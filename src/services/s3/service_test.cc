#include "services/s3/service.h"

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <unistd.h>

#include "aws/error.h"
#include "aws/payload_stream.h"
#include "core/bytes.h"
#include "services/s3/errors.h"
#include "store/engines.h"

namespace tandem::s3 {
namespace {

struct Answer {
  json::object output;
  std::string payload;
  int status = 0;
  std::string error;
  std::shared_ptr<net::BodySource> source = nullptr;
  std::string region = "";  ///< of an error's headers
};

/// Content in slices of this size, to its end or to where it breaks off.
class Slices final : public net::BodySource {
 public:
  Slices(std::string content, std::size_t slice, std::size_t breaks_at = std::string::npos)
      : content_(std::move(content)), slice_(slice), breaks_at_(breaks_at) {}
  Task<std::string> next() override {
    if (at_ >= breaks_at_) throw net::BodyError("on purpose");
    std::string slice = content_.substr(at_, slice_);
    at_ += slice.size();
    co_return slice;
  }
  std::optional<std::uint64_t> length() const override { return content_.size(); }

 private:
  std::string content_;
  std::size_t slice_;
  std::size_t breaks_at_;
  std::size_t at_ = 0;
};

/// Other regions' buckets, as a test sets them.
class Names final : public BucketNames {
 public:
  Task<std::optional<std::string>> find(std::string bucket) override {
    if (dead) throw errors::names_unknown(bucket, "us-west-2");
    const auto other = others.find(bucket);
    if (other == others.end()) co_return std::nullopt;
    co_return other->second;
  }
  Task<std::vector<NamedBucket>> list() override {
    std::vector<NamedBucket> all;
    for (const auto& [name, region] : others) all.push_back({name, region, 1});
    co_return all;
  }
  Task<std::optional<std::string>> claim(std::string bucket, std::int64_t) override {
    const bool made = seen_while_claimed && seen_while_claimed();
    log += "claim " + bucket + (made ? " while made, " : ", ");
    auto other = co_await find(std::move(bucket));
    co_return other;
  }
  Task<void> release(std::string bucket) override {
    log += "release " + bucket + ", ";
    co_return;
  }
  Task<void> create(std::string region, json::object input) override {
    created = region + "/" + json::string_or(input, "Bucket");
    co_return;
  }

  Task<FarObject> get(std::string region, json::object input) override {
    asked = region + " " + json::to_text(input);
    const auto object = far.find(json::string_or(input, "Key"));
    if (object == far.end()) throw errors::no_such_key(json::string_or(input, "Key"));
    std::string content = object->second;
    FarObject found;
    found.output = {{"ETag", "\"far\""}, {"LastModified", 7}, {"ContentType", "text/far"}};
    if (input.contains("Range")) content = content.substr(1, 2);
    found.output["ContentLength"] = content.size();
    found.source = std::make_shared<Slices>(content, 2, breaks_at);
    co_return found;
  }

  std::map<std::string, std::string> others;
  std::map<std::string, std::string> far;  ///< content by key
  std::size_t breaks_at = std::string::npos;
  std::string asked;
  bool dead = false;
  std::string created;
  std::string log;
  std::function<bool()> seen_while_claimed;
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

  /// With us-east-1 and us-west-2 beside it.
  void open_among_others(std::string region) {
    config_.regions = {{"us-east-1", ""}, {"us-west-2", ""}};
    service_.emplace(service::Environment{loop_.get_executor(), pool_, clock_, random_, *store_,
                                          folder_, config_, std::move(region)},
                     &names_);
    service_->start();
  }
  /// CreateBucket's error.
  std::string create(std::string_view constraint) {
    json::object input = {{"Bucket", "bucket"}};
    if (!constraint.empty()) {
      input["CreateBucketConfiguration"] = json::object{{"LocationConstraint", constraint}};
    }
    return call("CreateBucket", std::move(input)).error;
  }

  Answer call(std::string_view name, json::object input, std::string payload = "") {
    service::RequestContext context;
    context.payload = std::move(payload);
    return call(name, std::move(input), context);
  }

  Answer call(std::string_view name, json::object input, service::RequestContext& context) {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      Answer answer;
      asio::co_spawn(loop_, operation.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       answer.output = std::move(reply.output);
                       answer.payload = std::move(reply.payload);
                       answer.status = reply.status;
                       answer.source = std::move(reply.source);
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         answer.error = error.code();
                         answer.status = error.status();
                         const auto* more = dynamic_cast<const aws::ErrorWithHeaders*>(&error);
                         if (more != nullptr) {
                           answer.region = more->headers().get_or("x-amz-bucket-region");
                         }
                       } catch (const net::BodyError& error) {
                         answer.error = "broken: " + error.message;
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
  /// PutObject of a body that is still on its way.
  Answer stream(std::string_view key, std::shared_ptr<net::BodySource> source,
                net::Headers headers = {}, json::object more = {}) {
    net::HttpRequest head;
    head.headers = std::move(headers);
    head.source = std::move(source);
    service::RequestContext context;
    context.stream = std::make_shared<aws::PayloadStream>(head, std::nullopt);
    context.http = &head;
    more["Bucket"] = "bucket";
    more["Key"] = key;
    return call("PutObject", std::move(more), context);
  }
  Answer get(std::string_view key, json::object more = {}) {
    more["Bucket"] = "bucket";
    more["Key"] = key;
    Answer answer = call("GetObject", std::move(more));
    if (answer.source) answer.payload = collect(answer);
    return answer;
  }
  /// What comes of the source; its error says why no more.
  std::string collect(Answer& answer) {
    std::string content;
    constexpr auto all = [](net::BodySource* source, std::string* to) -> Task<void> {
      for (;;) {
        const std::string slice = co_await source->next();
        if (slice.empty()) co_return;
        *to += slice;
      }
    };
    asio::co_spawn(loop_, all(answer.source.get(), &content),
                   [&](const std::exception_ptr& escaped) {
                     if (escaped) answer.error = "broken";
                   });
    loop_.restart();
    loop_.run();
    return content;
  }
  std::optional<std::string> read_object(std::string key) {
    std::optional<std::string> content;
    asio::co_spawn(loop_, service_->read_object("bucket", std::move(key), "", 10'000'000),
                   [&](const std::exception_ptr&, std::optional<std::string> read) {
                     content = std::move(read);
                   });
    loop_.restart();
    loop_.run();
    return content;
  }
  /// Of the only object there is.
  std::filesystem::path file() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) return entry.path();
    }
    return {};
  }
  void flip(std::uint64_t at) const {
    std::fstream stored(file(), std::ios::in | std::ios::out | std::ios::binary);
    stored.seekp(static_cast<std::streamoff>(at));
    stored.put('?');
  }
  bool leaves_nothing() {
    return files() == 0 && Catalog(*store_, clock_, random_).loose().empty();
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
  Names names_;
  std::optional<S3Service> service_;
};

TEST_F(S3ServiceTest, LocationConstraintSaysWhereElsewhereOnlyHere) {
  // API reference, CreateBucket, and the errors it names.
  open_among_others("us-east-1");
  EXPECT_EQ(create("us-east-1"), "InvalidLocationConstraint");
  EXPECT_EQ(create("mars-north-1"), "InvalidLocationConstraint");
  EXPECT_EQ(create("us-west-2"), "");
  EXPECT_EQ(names_.created, "us-west-2/bucket");
  EXPECT_FALSE(service_->bucket("bucket"));
  // A region of AWS's that this world has not is refused by name.
  EXPECT_NE(create("eu-west-1").find("UnsupportedMember"), std::string::npos)
      << create("eu-west-1");
  EXPECT_EQ(create(""), "");
  // Once more is fine in us-east-1 alone.
  EXPECT_EQ(create(""), "");
  open_among_others("us-west-2");
  EXPECT_EQ(create(""), "IllegalLocationConstraintException");
  EXPECT_EQ(create("eu-west-1"), "IllegalLocationConstraintException");
  EXPECT_EQ(create("mars-north-1"), "InvalidLocationConstraint");
  EXPECT_EQ(create("us-west-2"), "BucketAlreadyOwnedByYou");
}

TEST_F(S3ServiceTest, ANameOfAnotherRegionIsTaken) {
  // API reference, BucketAlreadyOwnedByYou.
  open_among_others("us-east-1");
  names_.others["bucket"] = "us-west-2";
  EXPECT_EQ(create(""), "BucketAlreadyOwnedByYou");
  EXPECT_FALSE(service_->bucket("bucket"));
  names_.others.clear();
  names_.log.clear();
  names_.seen_while_claimed = [this] { return service_->makes_bucket("bucket"); };
  EXPECT_EQ(create(""), "");
  EXPECT_EQ(names_.log, "claim bucket while made, ");
  EXPECT_FALSE(service_->makes_bucket("bucket"));
  EXPECT_EQ(call("DeleteBucket", {{"Bucket", "bucket"}}).error, "");
  EXPECT_EQ(names_.log, "claim bucket while made, release bucket, ");
}

TEST_F(S3ServiceTest, ABucketOfAnotherRegionIsRedirected) {
  // S3 User Guide, "Making requests using the REST API", permanent redirect.
  open_among_others("us-east-1");
  EXPECT_EQ(put("k", "x").error, "NoSuchBucket");
  names_.others["bucket"] = "us-west-2";
  EXPECT_EQ(put("k", "x").error, "PermanentRedirect");
  EXPECT_EQ(get("k").error, "PermanentRedirect");
  const Answer head = call("HeadBucket", {{"Bucket", "bucket"}});
  EXPECT_EQ(head.error, "PermanentRedirect");
  EXPECT_EQ(head.status, 301);
  EXPECT_EQ(head.region, "us-west-2");
  EXPECT_EQ(call("DeleteBucket", {{"Bucket", "bucket"}}).error, "PermanentRedirect");
  // Whoever cannot be asked may have it.
  names_.dead = true;
  EXPECT_EQ(get("k").error, "ServiceUnavailable");
}

TEST_F(S3ServiceTest, AnyRegionTellsLocationsAndListsAll) {
  // API reference, GetBucketLocation and ListBuckets.
  open_among_others("us-east-1");
  EXPECT_EQ(create(""), "");
  names_.others["another"] = "us-west-2";
  const Answer location = call("GetBucketLocation", {{"Bucket", "another"}});
  EXPECT_EQ(json::string_or(location.output, "LocationConstraint"), "us-west-2");
  EXPECT_TRUE(call("GetBucketLocation", {{"Bucket", "bucket"}}).output.empty());
  EXPECT_EQ(call("GetBucketLocation", {{"Bucket", "none"}}).error, "NoSuchBucket");
  EXPECT_EQ(call("GetBucketLocation", {{"Bucket", "another"}, {"ExpectedBucketOwner", "1"}}).error,
            "AccessDenied");
  std::string listed;
  const Answer all = call("ListBuckets", {});
  for (const auto& bucket : all.output.at("Buckets").as_array()) {
    listed += json::string_or(bucket.as_object(), "Name") + " ";
  }
  EXPECT_EQ(listed, "another bucket ");
}

// What a region has it serves whoever else is dead.
TEST_F(S3ServiceTest, OwnBucketsNeedNobody) {
  open_among_others("us-east-1");
  EXPECT_EQ(create(""), "");
  names_.dead = true;
  EXPECT_EQ(put("k", "x").error, "");
  EXPECT_EQ(get("k").payload, "x");
  EXPECT_EQ(get("none").error, "NoSuchKey");
  EXPECT_EQ(call("HeadBucket", {{"Bucket", "bucket"}}).error, "");
  EXPECT_EQ(create(""), "") << "it is there already";
  EXPECT_EQ(call("CreateBucket", {{"Bucket", "another"}}).error, "ServiceUnavailable");
  EXPECT_FALSE(service_->bucket("another"));
}

// API reference, CopyObject and UploadPartCopy: the source may be in another Region.
TEST_F(S3ServiceTest, ACopyFromAnotherRegion) {
  open_among_others("us-east-1");
  EXPECT_EQ(create(""), "");
  names_.others["another"] = "us-west-2";
  names_.far["k"] = "hello";
  json::object copy = {{"Bucket", "bucket"}, {"Key", "k"}, {"CopySource", "another/k"}};
  EXPECT_EQ(call("CopyObject", copy).error, "");
  EXPECT_EQ(names_.asked, R"(us-west-2 {"Bucket":"another","Key":"k"})");
  const Answer got = get("k");
  EXPECT_EQ(got.payload, "hello");
  EXPECT_EQ(got.output.at("ContentType"), "text/far");
  EXPECT_EQ(got.output.at("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");

  copy["CopySourceIfMatch"] = "\"other\"";
  EXPECT_EQ(call("CopyObject", copy).error, "PreconditionFailed");
  copy.erase("CopySourceIfMatch");
  copy["CopySource"] = "another/none";
  EXPECT_EQ(call("CopyObject", copy).error, "NoSuchKey");
  copy["CopySource"] = "nowhere/k";
  EXPECT_EQ(call("CopyObject", copy).error, "NoSuchBucket");
  // What breaks off half-way leaves what was there.
  names_.breaks_at = 2;
  copy["CopySource"] = "another/k";
  EXPECT_EQ(call("CopyObject", copy).error, "ServiceUnavailable");
  EXPECT_EQ(get("k").payload, "hello");
  names_.breaks_at = std::string::npos;

  const Answer upload = call("CreateMultipartUpload", {{"Bucket", "bucket"}, {"Key", "parts"}});
  const json::object part = {{"Bucket", "bucket"},
                             {"Key", "parts"},
                             {"UploadId", upload.output.at("UploadId")},
                             {"PartNumber", 1},
                             {"CopySource", "another/k"},
                             {"CopySourceRange", "bytes=1-2"}};
  const Answer copied = call("UploadPartCopy", part);
  EXPECT_EQ(json::to_std(copied.output.at("CopyPartResult").at("ETag")),
            '"' + core::hex_encode(core::md5("el")) + '"');
  EXPECT_EQ(names_.asked,
            R"(us-west-2 {"Bucket":"another","Key":"k","IfMatch":"\"far\"","Range":"bytes=1-2"})");
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
  EXPECT_EQ(read_object("a/b"), "hello");
  EXPECT_EQ(read_object("other"), std::nullopt);
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
  Catalog catalog(*store_, clock_, random_);
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

constexpr std::size_t kLarge = 1'000'000;

std::string large_content() {
  std::string content;
  for (std::size_t i = 0; content.size() < kLarge; ++i) content += std::to_string(i) + ' ';
  content.resize(kLarge);
  return content;
}

TEST_F(S3ServiceTest, ContentComesAndGoesInSlices) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  const std::string content = large_content();
  for (const std::size_t slice : {1'000, 65'536, 2'000'000}) {
    const Answer stored =
        stream("k", std::make_shared<Slices>(content, slice),
               {{"x-amz-content-sha256", core::hex_encode(core::sha256(content))}},
               {{"ChecksumCRC32", aws::checksum_base64(aws::ChecksumAlgorithm::kCrc32, content)},
                {"ContentMD5", core::base64_encode(core::md5(content))}});
    EXPECT_EQ(stored.error, "");
    EXPECT_EQ(json::to_std(stored.output.at("ETag")),
              '"' + core::hex_encode(core::md5(content)) + '"');
    Answer got = get("k");
    EXPECT_TRUE(got.source);
    EXPECT_EQ(got.source->length(), content.size());
    EXPECT_EQ(got.payload, content);
    EXPECT_EQ(get("k", {{"Range", "bytes=100-300099"}}).payload, content.substr(100, 300'000));
    EXPECT_EQ(get("k", {{"Range", "bytes=5-9"}}).payload, content.substr(5, 5));
  }
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(read_object("k"), content);
}

// "Checking object integrity": what was announced must hold before anything is stored.
TEST_F(S3ServiceTest, NothingIsStoredOfContentThatIsNotWhatWasAnnounced) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  const std::string content = large_content();
  const auto send = [&](net::Headers headers, json::object more, std::string body) {
    return stream("k", std::make_shared<Slices>(std::move(body), 70'000), std::move(headers),
                  std::move(more))
        .error;
  };
  EXPECT_EQ(send({{"x-amz-content-sha256", std::string(64, '0')}}, {}, content),
            "XAmzContentSHA256Mismatch");
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(send({}, {{"ContentMD5", core::base64_encode(core::md5("y"))}}, content), "BadDigest");
  EXPECT_EQ(send({}, {{"ChecksumCRC32", "AAAAAA=="}}, content), "BadDigest");
  const net::Headers coded = {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                              {"Content-Encoding", "aws-chunked"},
                              {"x-amz-trailer", "x-amz-checksum-crc32"},
                              {"x-amz-decoded-content-length", std::to_string(kLarge)}};
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n0\r\n", kLarge, content);
  EXPECT_EQ(send(coded, {}, chunk + "x-amz-checksum-crc32:AAAAAA==\r\n\r\n"), "BadDigest");
  EXPECT_EQ(send(coded, {}, chunk + "\r\n"), "MalformedTrailerError");
  EXPECT_EQ(send(coded, {}, chunk.substr(0, 500'000)), "IncompleteBody");
  EXPECT_EQ(send(coded, {{"ChecksumCRC32", "AAAAAA=="}}, chunk), "InvalidRequest");
  // A trailer is promised, and the body has no place for one.
  EXPECT_EQ(send({{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"},
                  {"x-amz-trailer", "x-amz-checksum-crc32"},
                  {"x-amz-sdk-checksum-algorithm", "CRC32"}},
                 {}, content),
            "MalformedTrailerError");
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(get("k").error, "NoSuchKey");

  const std::string crc = aws::checksum_base64(aws::ChecksumAlgorithm::kCrc32, content);
  EXPECT_EQ(send(coded, {}, chunk + "x-amz-checksum-crc32:" + crc + "\r\n\r\n"), "");
  const Answer got = get("k", {{"ChecksumMode", "ENABLED"}});
  EXPECT_EQ(got.payload, content);
  EXPECT_EQ(json::to_std(got.output.at("ChecksumCRC32")), crc);
}

TEST_F(S3ServiceTest, NothingIsLeftOfContentThatBreaksOff) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  put("k", "before");
  for (const std::size_t at : {0, 1'000, 500'000, 999'000}) {
    EXPECT_EQ(stream("k", std::make_shared<Slices>(large_content(), 1'000, at)).error,
              "broken: on purpose");
    EXPECT_EQ(files(), 1u);
    EXPECT_TRUE(Catalog(*store_, clock_, random_).loose().empty());
    EXPECT_EQ(get("k").payload, "before");
  }
}

TEST_F(S3ServiceTest, WhatADiskLostIsNotServed) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  const json::object copy = {{"Bucket", "bucket"}, {"Key", "copy"}, {"CopySource", "bucket/k"}};
  for (const std::string& content : {std::string("small"), large_content()}) {
    put("k", content);
    std::filesystem::resize_file(file(), content.size() - 1);
    EXPECT_EQ(get("k").error, "InternalError");
    EXPECT_EQ(get("k", {{"Range", "bytes=0-1"}}).error, "InternalError");
    EXPECT_EQ(call("CopyObject", copy).error, "InternalError");
    std::filesystem::remove(file());
    EXPECT_EQ(get("k").error, "InternalError");
    EXPECT_EQ(call("CopyObject", copy).error, "InternalError");
    EXPECT_EQ(read_object("k"), std::nullopt);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(S3ServiceTest, WhatADiskChangedIsNotServedAsAWhole) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  const json::object copy = {{"Bucket", "bucket"}, {"Key", "copy"}, {"CopySource", "bucket/k"}};
  put("k", "small");
  flip(2);
  EXPECT_EQ(get("k").error, "InternalError");
  EXPECT_EQ(call("CopyObject", copy).error, "InternalError");
  put("k", large_content());
  flip(10);
  const Answer got = get("k");
  EXPECT_EQ(got.error, "broken");
  EXPECT_LT(got.payload.size(), kLarge);
  EXPECT_EQ(call("CopyObject", copy).error, "InternalError");
  EXPECT_EQ(files(), 1u);
}

TEST_F(S3ServiceTest, WhatWasPutTogetherIsCheckedAsAWhole) {
  call("CreateBucket", {{"Bucket", "bucket"}});
  const json::object at = {{"Bucket", "bucket"}, {"Key", "k"}};
  const auto complete = [&](std::uint64_t flipped_in_part) {
    json::object input = at;
    input["UploadId"] = call("CreateMultipartUpload", at).output.at("UploadId");
    json::object part = input;
    part["PartNumber"] = 1;
    const Answer stored = call("UploadPart", part, large_content());
    if (flipped_in_part != 0) flip(flipped_in_part);
    const json::array parts = {{{"PartNumber", 1}, {"ETag", stored.output.at("ETag")}}};
    input["MultipartUpload"] = {{"Parts", parts}};
    return call("CompleteMultipartUpload", input).error;
  };
  EXPECT_EQ(complete(10), "InternalError");
  EXPECT_EQ(call("DeleteBucket", {{"Bucket", "bucket"}}).error, "");
  call("CreateBucket", {{"Bucket", "bucket"}});
  EXPECT_EQ(complete(0), "");
  EXPECT_EQ(get("k").payload, large_content());
  flip(10);
  EXPECT_EQ(get("k").error, "broken");
}

TEST_F(S3ServiceTest, MfaDeleteIsRefusedByName) {
  create("");
  const auto set = [&](std::string_view mfa_delete) {
    json::object configuration{{"Status", "Enabled"}, {"MFADelete", mfa_delete}};
    return call("PutBucketVersioning",
                {{"Bucket", "bucket"}, {"VersioningConfiguration", std::move(configuration)}})
        .status;
  };
  EXPECT_EQ(set("Disabled"), 0);
  EXPECT_NE(set("Enabled"), 0);
}

TEST_F(S3ServiceTest, ALostVersionIsAnErrorAndNotAnotherOne) {
  create("");
  call("PutBucketVersioning",
       {{"Bucket", "bucket"}, {"VersioningConfiguration", {{"Status", "Enabled"}}}});
  const auto first = call("PutObject", {{"Bucket", "bucket"}, {"Key", "k"}}, "one");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (entry.is_regular_file()) std::filesystem::remove(entry.path());
  }
  call("PutObject", {{"Bucket", "bucket"}, {"Key", "k"}}, "two");
  EXPECT_EQ(call("GetObject", {{"Bucket", "bucket"}, {"Key", "k"}}).payload, "two");
  json::object input{{"Bucket", "bucket"}, {"Key", "k"}};
  input["VersionId"] = *json::find(first.output, "VersionId");
  EXPECT_EQ(call("GetObject", std::move(input)).error, "InternalError");
}

}  // namespace
}  // namespace tandem::s3
