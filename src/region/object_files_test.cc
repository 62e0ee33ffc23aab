// Objects as files, of two regions of which one is reached over HTTP.
#include "region/object_files.h"

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/s3/service.h"
#include "store/engines.h"

namespace tandem::region {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNoLimit = 1ULL << 40U;

/// S3 of one region behind a dispatcher.
struct World {
  World(asio::io_context& loop, core::Workers& pool, core::Clock& clock, core::Random& random,
        service::Config& config, std::string name, const fs::path& folder)
      : store(store::make_memory_store()),
        dispatcher({.region = name, .account = config.account}, clock, random, keys, *store, pool),
        s3(service::Environment{loop.get_executor(), pool, clock, random, *store, folder / name,
                                config, name}) {
    keys.set("AKIDKNOWN", {"secret", "", "arn:aws:iam::123456789012:root"});
    dispatcher.add(s3);
  }
  std::unique_ptr<store::Store> store;
  service::KeyRing keys;
  service::Dispatcher dispatcher;
  s3::S3Service s3;
};

/// A body that ends too early.
class Cut final : public net::BodySource {
 public:
  explicit Cut(std::shared_ptr<net::BodySource> whole) : whole_(std::move(whole)) {}
  Task<std::string> next() override {
    if (std::exchange(begun_, true)) throw net::BodyError("the line is cut");
    std::string slice = co_await whole_->next();
    co_return slice;
  }
  std::optional<std::uint64_t> length() const override { return whole_->length(); }

 private:
  std::shared_ptr<net::BodySource> whole_;
  bool begun_ = false;
};

/// The way to the other region.
class Line final : public net::HttpClient {
 public:
  explicit Line(World& to) : to_(to) {}
  void close() override {}
  bool dead = false;
  bool cut = false;
  int streamed = 0;  ///< requests whose body was a source

 private:
  Task<net::HttpResponse> exchange(net::HttpTarget, net::HttpRequest request,
                                   std::chrono::milliseconds, Repeat) override {
    if (dead) throw net::NetError(net::NetError::Kind::kConnect, "nobody listens");
    net::HttpResponse response = co_await to_.dispatcher.handle(std::move(request));
    co_return response;
  }
  Task<net::HttpResponse> exchange_streamed(net::HttpTarget target, net::HttpRequest request,
                                            std::chrono::milliseconds timeout,
                                            Repeat repeat) override {
    if (request.source && to_.dispatcher.takes_source(request)) ++streamed;
    net::HttpResponse response =
        co_await exchange(std::move(target), std::move(request), timeout, repeat);
    if (cut && response.source) response.source = std::make_shared<Cut>(response.source);
    co_return response;
  }
  World& to_;
};

class ObjectFilesTest : public ::testing::Test {
 protected:
  ObjectFilesTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (const auto& [world, bucket] :
         {std::pair{&east_, std::string("near")}, std::pair{&west_, std::string("far")}}) {
      aws::ApiCall call{"", "s3", "CreateBucket", {{"Bucket", bucket}}, ""};
      if (bucket == "far") {
        call.input["CreateBucketConfiguration"] = {{"LocationConstraint", "us-west-2"}};
      }
      asio::co_spawn(
          loop_, world->dispatcher.api().call(std::move(call)),
          [](const std::exception_ptr& escaped, const aws::ApiResult&) { EXPECT_FALSE(escaped); });
      loop_.restart();
      loop_.run();
    }
  }
  ~ObjectFilesTest() override { fs::remove_all(folder_); }

  void call(World& world, std::string operation, json::object input) {
    aws::ApiCall call{"", "s3", std::move(operation), std::move(input), ""};
    asio::co_spawn(
        loop_, world.dispatcher.api().call(std::move(call)),
        [](const std::exception_ptr& escaped, const aws::ApiResult&) { EXPECT_FALSE(escaped); });
    loop_.restart();
    loop_.run();
  }

  /// The object, or its etag is the error's code.
  service::StoredObject run(Task<service::StoredObject> task) {
    service::StoredObject result;
    asio::co_spawn(loop_, std::move(task),
                   [&](const std::exception_ptr& escaped, service::StoredObject object) {
                     result = std::move(object);
                     try {
                       if (escaped) std::rethrow_exception(escaped);
                     } catch (const aws::ApiError& error) {
                       result.etag = error.code();
                     }
                   });
    loop_.restart();
    loop_.run();
    return result;
  }
  service::StoredObject write(service::ObjectPlace place, const std::string& content,
                              json::object more = {}) {
    std::ofstream(folder_ / "out", std::ios::binary) << content;
    return run(files_.write(std::move(place), folder_ / "out", std::move(more), ""));
  }
  /// Its content beside it; nothing when there is no file.
  std::pair<service::StoredObject, std::optional<std::string>> read(
      service::ObjectPlace place, std::uint64_t limit = kNoLimit) {
    const fs::path file = folder_ / "in";
    service::StoredObject object = run(files_.read(std::move(place), file, limit, ""));
    std::optional<std::string> content;
    if (fs::exists(file)) {
      struct stat info {};
      EXPECT_EQ(::stat(file.c_str(), &info), 0);
      EXPECT_EQ(info.st_mode & 0777U, 0600U);
      std::ifstream in(file, std::ios::binary);
      content.emplace(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
      fs::remove(file);
    }
    return {std::move(object), std::move(content)};
  }
  std::size_t files_there() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  static service::ObjectPlace near() { return {"", "near", "k/1", ""}; }
  static service::ObjectPlace far() { return {"us-west-2", "far", "k/1", ""}; }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / ("tandem-object-files-" + std::to_string(::getpid()));
  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  World east_{loop_, pool_, clock_, random_, config_, "us-east-1", folder_ / "s3"};
  World west_{loop_, pool_, clock_, random_, config_, "us-west-2", folder_ / "s3"};
  Line line_{west_};
  service::RemoteApi to_west_{line_,
                              [](const aws::ApiCall&) { return net::HttpTarget{}; },
                              {"AKIDKNOWN", "secret", ""},
                              clock_};
  RegionObjectFiles files_{"us-east-1", east_.dispatcher, to_west_, pool_};
};

TEST_F(ObjectFilesTest, GoAndComeInTheOwnRegionAndInAnother) {
  const std::string large(700'001, 'x');
  for (const auto& place : {near(), far()}) {
    for (const std::string& content : {std::string(), std::string("small"), large}) {
      const auto put = write(place, content, {{"ContentType", "application/zip"}});
      EXPECT_EQ(put.etag.size(), 34u) << put.etag;
      EXPECT_EQ(put.bytes, content.size());
      const auto [got, there] = read(place);
      EXPECT_EQ(got.etag, put.etag);
      EXPECT_EQ(got.bytes, content.size());
      EXPECT_EQ(there, content);
    }
  }
  EXPECT_EQ(line_.streamed, 3);
}

TEST_F(ObjectFilesTest, EachVersionIsAnObjectOfItsOwn) {
  for (World* world : {&east_, &west_}) {
    service::ObjectPlace place = world == &east_ ? near() : far();
    EXPECT_EQ(write(place, "unversioned").version, "");
    json::object input{{"Bucket", place.bucket}};
    input["VersioningConfiguration"] = {{"Status", "Enabled"}};
    call(*world, "PutBucketVersioning", std::move(input));
    const std::string first = write(place, "one").version;
    EXPECT_EQ(first.size(), 32u);
    const std::string second = write(place, "two").version;
    EXPECT_EQ(read(place).first.version, second);
    place.version = first;
    const auto [object, content] = read(place);
    EXPECT_EQ(object.version, first);
    EXPECT_EQ(content, "one");
    place.version = "null";
    EXPECT_EQ(read(place).second, "unversioned");
    place.version = "x";
    EXPECT_EQ(read(place).first.etag, "InvalidArgument");
  }
}

TEST_F(ObjectFilesTest, WhatIsRefusedIsSaidAsS3SaysIt) {
  EXPECT_EQ(read(near()).first.etag, "NoSuchKey");
  EXPECT_EQ(read(far()).first.etag, "NoSuchKey");
  EXPECT_EQ(read({"", "nobody", "k", ""}).first.etag, "NoSuchBucket");
  EXPECT_EQ(write({"us-west-2", "nobody", "k", ""}, "x").etag, "NoSuchBucket");
  for (const auto& place : {near(), far()}) {
    EXPECT_EQ(write(place, "x", {{"StorageClass", "GLACIER"}}).etag, "NotImplemented");
    EXPECT_EQ(write(place, "x", {{"ObjectLockMode", "GOVERNANCE"}}).etag, "NotImplemented");
    EXPECT_EQ(read(place).second, std::nullopt);
  }
}

TEST_F(ObjectFilesTest, NothingIsLeftOfWhatIsTooLargeOrBreaksOff) {
  const std::string large(700'001, 'x');
  for (const auto& place : {near(), far()}) {
    write(place, large);
    const auto [object, there] = read(place, large.size() - 1);
    EXPECT_EQ(object.etag, "EntityTooLarge");
    EXPECT_EQ(there, std::nullopt);
    EXPECT_EQ(read(place, large.size()).second, large);
  }
  const std::size_t before = files_there();
  line_.cut = true;
  EXPECT_EQ(read(far()).first.etag, "ServiceUnavailable");
  EXPECT_EQ(files_there(), before);
  line_.dead = true;
  EXPECT_EQ(read(far()).first.etag, "ServiceUnavailable");
  EXPECT_EQ(write(far(), "x").etag, "ServiceUnavailable");
  EXPECT_EQ(read(near()).second, large);
  EXPECT_EQ(files_there(), before);
}

TEST_F(ObjectFilesTest, AFileThatIsThereIsNotReplacedAndOneThatIsNotIsNotSent) {
  write(near(), "content");
  std::ofstream(folder_ / "in") << "precious";
  EXPECT_EQ(run(files_.read(near(), folder_ / "in", kNoLimit, "")).etag, "InternalError");
  std::ifstream in(folder_ / "in");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "precious");
  EXPECT_EQ(run(files_.write(near(), folder_ / "absent", {}, "")).etag, "ServiceUnavailable");
}

}  // namespace
}  // namespace tandem::region
