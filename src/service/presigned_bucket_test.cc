#include "service/presigned_bucket.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "core/text.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class OneKey final : public PresignedBucket::Keys {
 public:
  PresignedBucket::Key current() override { return {id, "secret"}; }
  std::string secret_of(std::string_view asked) override { return asked == id ? "secret" : ""; }
  std::string id = "AKIAEXAMPLE";
};

class PresignedBucketTest : public testing::Test {
 protected:
  static constexpr const char* kBase = "http://127.0.10.1:8080/";

  static net::HttpRequest request(std::string method, const std::string& url) {
    const auto host = url.find("//") + 2;
    const auto path = url.find('/', host);
    net::HttpRequest made{.method = std::move(method), .target = url.substr(path)};
    made.headers.set("Host", url.substr(host, path - host));
    return made;
  }
  /// The object, or "status code".
  std::string get(const net::HttpRequest& asked) {
    try {
      return bucket_.verified_object(asked, "GET");
    } catch (const aws::ApiError& error) {
      refused_ = bucket_.refusal(asked, error);
      return fmt::format("{} {}", refused_.status, error.code());
    }
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SystemRandom random_;
  Config config_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  Environment environment_{loop_.get_executor(), pool_, clock_, random_, *store_, "unused", config_,
                           "us-east-1"};
  OneKey keys_;
  PresignedBucket bucket_{environment_, {"s3", "tasks", kBase}, keys_};
  net::HttpResponse refused_;
};

TEST_F(PresignedBucketTest, AUrlGivesItsObjectUntilItExpires) {
  const std::string url = bucket_.url_of("GET", "a folder/f+1", 600);
  EXPECT_THAT(url, StartsWith("http://127.0.10.1:8080/tasks/a%20folder/f%2B1?"));
  EXPECT_THAT(url, HasSubstr("&X-Amz-Expires=600&"));
  EXPECT_EQ(bucket_.object_of(url), "a folder/f+1");
  EXPECT_TRUE(bucket_.serves(request("GET", url)));
  EXPECT_EQ(get(request("GET", url)), "a folder/f+1");
  clock_.advance_ms(600'000);
  EXPECT_EQ(get(request("GET", url)), "a folder/f+1");
  clock_.advance_ms(1'000);
  EXPECT_EQ(get(request("GET", url)), "403 AccessDenied");
  // As S3 says it.
  EXPECT_THAT(refused_.body, HasSubstr("<Message>Request has expired</Message>"
                                       "<X-Amz-Expires>600</X-Amz-Expires>"
                                       "<Expires>2023-11-14T22:23:20Z</Expires>"
                                       "<ServerTime>2023-11-14T22:23:21Z</ServerTime>"));
}

TEST_F(PresignedBucketTest, NothingOfAUrlCanBeChanged) {
  const std::string url = bucket_.url_of("GET", "snapshots/f", 600);
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string other = url;
    other.replace(other.find(from), from.size(), to);
    return get(request("GET", other));
  };
  EXPECT_EQ(changed("snapshots/f", "snapshots/g"), "403 SignatureDoesNotMatch");
  EXPECT_EQ(changed("Expires=600", "Expires=6000"), "403 SignatureDoesNotMatch");
  EXPECT_EQ(changed("127.0.10.1", "127.0.11.1"), "403 SignatureDoesNotMatch");
  EXPECT_EQ(changed("%2Fs3%2F", "%2Fsts%2F"), "403 SignatureDoesNotMatch");
  EXPECT_EQ(changed("AKIAEXAMPLE", "AKIAEXAMPLF"), "403 AccessDenied");
  EXPECT_EQ(changed("X-Amz-Signature=", "X-Amz-Signature=0"), "403 SignatureDoesNotMatch");
  EXPECT_EQ(changed("X-Amz-Signature=", "Signature="), "400 AuthorizationQueryParametersError");
  EXPECT_EQ(get(request("PUT", url)), "403 AccessDenied");
  EXPECT_EQ(get(request("GET", url.substr(0, url.find('?')))), "403 AccessDenied");
}

TEST_F(PresignedBucketTest, TheBucketItselfIsNobodyElses) {
  const std::string bucket = std::string(kBase) + "tasks";
  for (const char* path : {"", "/", "?list-type=2", "?policy", "/?uploads"}) {
    const auto asked = request("GET", bucket + path);
    EXPECT_TRUE(bucket_.serves(asked)) << path;
    EXPECT_EQ(get(asked), "403 AccessDenied") << path;
  }
  EXPECT_EQ(get(request("PUT", bucket)), "409 BucketAlreadyExists");
  EXPECT_EQ(get(request("PUT", bucket + "/")), "409 BucketAlreadyExists");
  EXPECT_EQ(get(request("PUT", bucket + "?policy")), "403 AccessDenied");
  EXPECT_EQ(get(request("DELETE", bucket)), "403 AccessDenied");
  EXPECT_FALSE(bucket_.serves(request("GET", bucket + "2/object")));
  EXPECT_FALSE(bucket_.serves(request("GET", std::string(kBase) + "other/tasks/object")));
}

// Clients that read URLs as browsers do, as those of Node.js, send no port 80 in Host.
TEST_F(PresignedBucketTest, AUrlHasNoPortThatItsProtocolHasAnyway) {
  PresignedBucket bucket(environment_, {"s3", "tasks", "http://127.0.10.1:80/"}, keys_);
  const std::string url = bucket.url_of("GET", "f", 600);
  EXPECT_THAT(url, StartsWith("http://127.0.10.1/tasks/f?"));
  EXPECT_EQ(get(request("GET", url)), "f");
  EXPECT_EQ(bucket.object_of("http://127.0.10.1:80/tasks/old?x"), "old");
}

TEST_F(PresignedBucketTest, ItIsReachedByItsNameAtAws) {
  PresignedBucket hosted(environment_, {"s3", "tasks", ""}, keys_);
  const auto asked = request("GET", hosted.url_of("GET", "snapshots/f", 600));
  EXPECT_EQ(asked.host(), "tasks.s3.us-east-1.amazonaws.com");
  EXPECT_TRUE(bucket_.serves(asked));
  EXPECT_EQ(get(asked), "snapshots/f");
  EXPECT_EQ(get(request("PUT", "https://tasks.s3.us-east-1.amazonaws.com/")),
            "409 BucketAlreadyExists");
}

}  // namespace
}  // namespace tandem::service
