// Where packages are downloaded, and what is left of them on disk.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "net/body.h"
#include "services/lambda/lambda_testing.h"

namespace tandem::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class DownloadsTest : public LambdaTest {
 protected:
  static net::HttpRequest request(const std::string& url, std::string method = "GET") {
    const auto host = url.find("//") + 2;
    const auto path = url.find('/', host);
    net::HttpRequest made{.method = std::move(method), .target = url.substr(path)};
    made.headers.set("Host", url.substr(host, path - host));
    return made;
  }
  /// The bytes, or "status body" of what is no download.
  std::string download(const std::string& url) {
    const net::HttpRequest asked = request(url);
    EXPECT_TRUE(service_->serves_download(asked)) << url;
    const net::HttpResponse response = wait(service_->serve_download(asked));
    if (response.source == nullptr) return fmt::format("{} {}", response.status, response.body);
    return wait(net::collect(response.source, std::size_t{1} << 30));
  }
  std::string location(std::string_view qualifier = "") {
    json::object input{{"FunctionName", "f"}};
    if (!qualifier.empty()) input["Qualifier"] = json::string(qualifier);
    const json::object output = call("GetFunction", std::move(input)).output;
    EXPECT_EQ(json::string_or(output.at("Code").as_object(), "RepositoryType"), "S3");
    return json::string_or(output.at("Code").as_object(), "Location");
  }
  std::vector<fs::path> code_folder() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_ / "code")) {
      found.push_back(entry.path());
    }
    return found;
  }
  fs::path archive() const {
    for (const fs::path& path : code_folder()) {
      if (path.extension() == ".zip") return path;
    }
    return {};
  }
  std::string update(const std::string& text) {
    std::string zip = make_zip({{"bootstrap", text, S_IFREG | 0755}});
    call("UpdateFunctionCode", {{"FunctionName", "f"}, {"ZipFile", core::base64_encode(zip)}});
    return zip;
  }
};

TEST_F(DownloadsTest, APackageIsDownloadedAsItWasUploaded) {
  start();
  create();
  const std::string url = location();
  EXPECT_THAT(url, StartsWith("https://awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com/"
                              "snapshots/123456789012/f-"));
  EXPECT_THAT(url, HasSubstr("X-Amz-Expires=600"));
  EXPECT_TRUE(download(url) == function_zip());
  struct stat info {};
  ASSERT_EQ(::stat(archive().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(DownloadsTest, AVersionKeepsItsPackage) {
  start();
  create();
  call("PublishVersion", {{"FunctionName", "f"}});
  const std::string before = location();
  const std::string zip = update("#!/bin/sh\n");
  EXPECT_TRUE(download(location("1")) == function_zip());
  EXPECT_TRUE(download(before) == function_zip());
  EXPECT_TRUE(download(location()) == zip);
  call("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "1"}});
  EXPECT_THAT(download(before), StartsWith("404 "));
  EXPECT_THAT(download(before), HasSubstr("<Code>NoSuchKey</Code>"));
}

TEST_F(DownloadsTest, AUrlOutlivesItsProcess) {
  start();
  create();
  const std::string url = location();
  wait(service_->stop());
  start();
  EXPECT_TRUE(download(url) == function_zip());
  EXPECT_TRUE(download(location()) == function_zip());
}

TEST_F(DownloadsTest, NoOtherUrlLeadsToAPackage) {
  start();
  create();
  const std::string url = location();
  std::string other = url;
  other.replace(other.find("/f-"), 3, "/g-");
  EXPECT_THAT(download(other), HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_THAT(download(url.substr(0, url.find('?'))), HasSubstr("<Code>AccessDenied</Code>"));
  EXPECT_EQ(wait(service_->serve_download(request(url, "PUT"))).status, 403);
  EXPECT_FALSE(service_->serves_download(request("https://b.s3.us-east-1.amazonaws.com/x")));
}

TEST_F(DownloadsTest, ALayersToo) {
  start();
  const std::string zip = make_zip({{"a", "1"}});
  const auto published =
      call("PublishLayerVersion",
           {{"LayerName", "tools"}, {"Content", {{"ZipFile", core::base64_encode(zip)}}}})
          .output;
  const auto url_in = [](const json::object& output) {
    return json::string_or(output.at("Content").as_object(), "Location");
  };
  EXPECT_THAT(url_in(published), HasSubstr("awslambda-us-east-1-layers"));
  EXPECT_EQ(download(url_in(published)), zip);
  const json::object named{{"LayerName", "tools"}, {"VersionNumber", 1}};
  EXPECT_EQ(download(url_in(call("GetLayerVersion", named).output)), zip);
  const std::string arn = json::string_or(published, "LayerVersionArn");
  EXPECT_EQ(download(url_in(call("GetLayerVersionByArn", {{"Arn", json::string(arn)}}).output)),
            zip);
  call("DeleteLayerVersion", named);
  EXPECT_THAT(download(url_in(published)), StartsWith("404 "));
  EXPECT_TRUE(code_folder().empty());
}

TEST_F(DownloadsTest, NothingIsLeftOfAFunction) {
  start();
  create();
  EXPECT_EQ(code_folder().size(), 2U);
  update("#!/bin/sh\n");
  EXPECT_EQ(code_folder().size(), 2U);
  call("DeleteFunction", {{"FunctionName", "f"}});
  EXPECT_TRUE(code_folder().empty());
}

TEST_F(DownloadsTest, WhatAnInstanceUsesGoesWithIt) {
  start();
  create();
  EXPECT_EQ(invoke("print").status, 200);
  call("DeleteFunction", {{"FunctionName", "f"}});
  run_until([&] { return code_folder().empty(); });
}

TEST_F(DownloadsTest, WhatACrashLeftGoesAtStart) {
  start();
  create();
  wait(service_->stop());
  for (const char* name : {"0123456789abcdef0123456789abcdef.zip",
                           "0123456789abcdef0123456789abcdef.zip.new", "f.zip.Ab12Cd"}) {
    std::ofstream(folder_ / "code" / name) << "x";
  }
  start();
  EXPECT_EQ(code_folder().size(), 2U);
  EXPECT_TRUE(download(location()) == function_zip());
}

// A data folder of an older version has none, and a disk may lose or cut one.
TEST_F(DownloadsTest, WithoutItsArchiveAFunctionHasNoLocation) {
  start();
  create();
  const std::string url = location();
  fs::resize_file(archive(), 10);
  EXPECT_EQ(location(), "");
  EXPECT_THAT(download(url), StartsWith("404 "));
  fs::remove(archive());
  EXPECT_EQ(location(), "");
  wait(service_->stop());
  start();
  EXPECT_EQ(location(), "");
  EXPECT_EQ(invoke("print").status, 200);
}

TEST_F(DownloadsTest, WhatIsNotWhatWasUploadedBreaksOff) {
  start();
  create();
  const std::string url = location();
  {
    std::fstream file(archive(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\xff');
    file.put('\x01');
  }
  EXPECT_THROW(download(url), net::BodyError);
}

TEST_F(DownloadsTest, ATrialKeepsNothing) {
  start();
  create();
  for (const char* architecture : {"x86_64", "arm64"}) {
    call("UpdateFunctionCode",
         {{"FunctionName", "f"},
          {"DryRun", true},
          {"Architectures", json::array{architecture}},
          {"ZipFile", core::base64_encode(make_zip({{"bootstrap", "#!/bin/sh\n"}}))}});
    EXPECT_EQ(code_folder().size(), 2U) << architecture;
  }
  EXPECT_TRUE(download(location()) == function_zip());
}

}  // namespace
}  // namespace tandem::lambda
