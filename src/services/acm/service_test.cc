#include "services/acm/service.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/stat.h>

#include "core/bytes.h"
#include "core/files.h"
#include "net/ca_files.h"
#include "services/acm/model/domains.h"
#include "services/acm/model/x509.h"
#include "store/engines.h"

namespace tandem::acm {
namespace {

using ::testing::MatchesRegex;
using ::testing::UnorderedElementsAre;

struct FakeUsers final : CertificateUsers {
  std::vector<std::string> users_of(std::string_view arn) const override {
    if (arn != used) return {};
    return {"arn:aws:apigateway:us-east-1::/domainnames/a.tandem.test"};
  }
  void certificate_changed(std::string_view arn) override { changed.emplace_back(arn); }
  std::string used;
  std::vector<std::string> changed;
};

struct AcmTest : ::testing::Test {
  AcmTest() {
    // Certificates carry the real date, so the clock has to stand there.
    clock.advance_ms(core::SystemClock().now_ms() - clock.now_ms());
    service.set_users(users);
  }
  ~AcmTest() override { std::filesystem::remove_all(folder); }

  json::object call(std::string_view name, json::object input) {
    for (const auto& operation : service.operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      auto future =
          asio::co_spawn(io, operation.handler(context, std::move(input)), asio::use_future);
      io.restart();
      io.run();
      return future.get().output;
    }
    throw std::invalid_argument(std::string(name));
  }
  std::string fail(std::string_view name, json::object input) {
    try {
      call(name, std::move(input));
    } catch (const aws::ApiError& error) {
      EXPECT_EQ(error.status(), 400);
      message = error.message();
      return error.code();
    }
    return "";
  }
  std::string request(json::object more = {}) {
    more["DomainName"] = "todos.tandem.test";
    more["ValidationMethod"] = "DNS";
    return json::string_or(call("RequestCertificate", std::move(more)), "CertificateArn");
  }
  json::object describe(const std::string& arn) {
    return call("DescribeCertificate", {{"CertificateArn", arn}}).at("Certificate").as_object();
  }
  json::object import_input(const net::Certificate& from) {
    return {{"Certificate", core::base64_encode(from.certificate_pem)},
            {"PrivateKey", core::base64_encode(from.private_key_pem)},
            {"CertificateChain", core::base64_encode(from.chain_pem)}};
  }

  std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) /
                                 ("acm-" + std::to_string(::getpid()) + "-" +
                                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
  asio::io_context io;
  core::WorkerThreads pool{1};
  core::ManualClock clock;
  core::SeededRandom random{1};
  std::unique_ptr<store::Store> store = store::make_memory_store();
  service::Config config;
  net::OpenSslKeys keys;
  net::LocalCa ca = net::LocalCa::load_or_create(folder / "ca", {&clock, &keys});
  FakeUsers users;
  AcmService service{service::Environment{io.get_executor(), pool, clock, random, *store,
                                          folder / "acm", config, "us-east-1"},
                     ca};
  std::string message;
};

// Members: botocore's acm model and what boto3 shows of an issued certificate.
TEST_F(AcmTest, IssuesAtOnceWithTheValidationRecord) {
  const std::string arn = request({{"SubjectAlternativeNames", {"*.todos.tandem.test"}}});
  EXPECT_THAT(arn, MatchesRegex("arn:aws:acm:us-east-1:123456789012:certificate/[0-9a-f-]{36}"));
  const json::object detail = describe(arn);
  EXPECT_EQ(detail.at("Status"), "ISSUED");
  EXPECT_EQ(detail.at("Type"), "AMAZON_ISSUED");
  EXPECT_EQ(detail.at("KeyAlgorithm"), "RSA-2048");
  EXPECT_EQ(detail.at("SignatureAlgorithm"), "SHA256WITHECDSA");
  EXPECT_EQ(detail.at("Subject"), "CN=todos.tandem.test");
  EXPECT_EQ(detail.at("SubjectAlternativeNames"),
            (json::array{"todos.tandem.test", "*.todos.tandem.test"}));
  EXPECT_EQ(detail.at("KeyUsages"),
            (json::array{{{"Name", "DIGITAL_SIGNATURE"}}, {{"Name", "KEY_ENCIPHERMENT"}}}));
  EXPECT_THAT(json::to_std(detail.at("Serial")), MatchesRegex("([0-9a-f]{2}:)+[0-9a-f]{2}"));
  const json::array& options = detail.at("DomainValidationOptions").as_array();
  ASSERT_EQ(options.size(), 2u);
  EXPECT_EQ(options[0].at("ValidationStatus"), "SUCCESS");
  const json::object& record = options[0].at("ResourceRecord").as_object();
  EXPECT_THAT(json::to_std(record.at("Name")),
              MatchesRegex("_[0-9a-f]{32}\\.todos\\.tandem\\.test\\."));
  EXPECT_THAT(json::to_std(record.at("Value")),
              MatchesRegex("_[0-9a-f]{32}\\.[0-9a-f]{10}\\.acm-validations\\.aws\\."));
  EXPECT_EQ(options[1].at("ResourceRecord"), record);
}

TEST_F(AcmTest, IssuesAnewWhatLostItsKeyOrItsAuthority) {
  const std::string arn = request({{"SubjectAlternativeNames", {"*.todos.tandem.test"}}});
  const json::object before = describe(arn);
  const std::filesystem::path key = std::filesystem::directory_iterator(folder / "acm")->path();
  const net::LocalCa other = net::replace_ca(folder / "other", {&clock, &keys});
  const auto after = [&](const net::LocalCa& authority) {
    AcmService again{service::Environment{io.get_executor(), pool, clock, random, *store,
                                          folder / "acm", config, "us-east-1"},
                     authority};
    const auto found = again.find(arn);
    return found &&
                   key_fits(found->certificate.certificate_pem,
                            found->certificate.private_key_pem) &&
                   chain_fits(found->certificate.certificate_pem, authority.certificate_pem())
               ? found->certificate.serial_hex
               : "none";
  };
  const std::string serial = after(ca);
  EXPECT_EQ(after(ca), serial);  // nothing was wrong, nothing changes
  std::set<std::string> serials{serial};
  for (const char* damage : {"lost", "empty", "garbage", "folder", "another's"}) {
    std::filesystem::remove_all(key);
    if (std::string_view(damage) == "folder") {
      std::filesystem::create_directory(key);
    } else if (std::string_view(damage) == "another's") {
      core::write_file_atomically(key, ca.issue({"a.test"}).private_key_pem, core::kSecretMode);
    } else if (std::string_view(damage) != "lost") {
      core::write_file_atomically(key, std::string_view(damage) == "empty" ? "" : "garbage", 0600);
    }
    EXPECT_FALSE(service.find(arn)) << damage;
    EXPECT_TRUE(serials.insert(after(ca)).second) << damage;
  }
  EXPECT_TRUE(serials.insert(after(other)).second);
  EXPECT_FALSE(serials.contains("none"));
  const json::object now = describe(arn);
  for (const char* member : {"CertificateArn", "DomainName", "SubjectAlternativeNames", "Status",
                             "Type", "KeyAlgorithm", "DomainValidationOptions"}) {
    EXPECT_EQ(now.at(member), before.at(member)) << member;
  }
}

TEST_F(AcmTest, KeepsThePrivateKeyInAFileOnly) {
  const std::string arn = request();
  const auto found = service.find(arn);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->names, (std::vector<std::string>{"todos.tandem.test"}));
  EXPECT_TRUE(key_fits(found->certificate.certificate_pem, found->certificate.private_key_pem));
  EXPECT_TRUE(chain_fits(found->certificate.certificate_pem, ca.certificate_pem()));
  int keys = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder / "acm")) {
    struct stat status {};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    ++keys;
  }
  EXPECT_EQ(keys, 1);
  store::for_each(*store, "", [](std::string_view, std::string_view value) {
    EXPECT_EQ(value.find("PRIVATE KEY"), std::string_view::npos);
    return true;
  });
  for (const char* name : {"DescribeCertificate", "GetCertificate"}) {
    EXPECT_EQ(json::serialize(call(name, {{"CertificateArn", arn}})).find("PRIVATE"),
              std::string::npos);
  }
}

// ACM user guide, "Certificate characteristics"; API reference, Filters: key types other than RSA
// are listed only when asked for.
TEST_F(AcmTest, MakesTheKeyThatIsAskedFor) {
  const std::string rsa = request();
  const std::string p256 = request({{"KeyAlgorithm", "EC_prime256v1"}});
  const std::string p384 = request({{"KeyAlgorithm", "EC_secp384r1"}});
  EXPECT_EQ(describe(p256).at("KeyAlgorithm"), "EC_prime256v1");
  EXPECT_EQ(describe(p256).at("KeyUsages"), (json::array{{{"Name", "DIGITAL_SIGNATURE"}}}));
  EXPECT_EQ(describe(p384).at("KeyAlgorithm"), "EC_secp384r1");
  const auto listed = [&](json::object input) {
    const json::object answer = call("ListCertificates", std::move(input));
    std::vector<std::string> arns;
    for (const json::value& each : answer.at("CertificateSummaryList").as_array()) {
      arns.push_back(json::to_std(each.at("CertificateArn")));
    }
    return arns;
  };
  EXPECT_THAT(listed({}), UnorderedElementsAre(rsa));
  EXPECT_THAT(listed({{"Includes", {{"keyTypes", {"EC_prime256v1", "EC_secp384r1"}}}}}),
              UnorderedElementsAre(p256, p384));
}

// AWS: the same idempotency token and request within an hour is one certificate.
TEST_F(AcmTest, HonoursTheIdempotencyToken) {
  const std::string arn = request({{"IdempotencyToken", "t1"}});
  EXPECT_EQ(request({{"IdempotencyToken", "t1"}}), arn);
  EXPECT_NE(request({{"IdempotencyToken", "t2"}}), arn);
  EXPECT_NE(request({{"IdempotencyToken", "t1"}, {"SubjectAlternativeNames", {"b.test"}}}), arn);
  clock.advance_ms(3'600'001);
  EXPECT_NE(request({{"IdempotencyToken", "t1"}}), arn);
}

TEST_F(AcmTest, RefusesByNameWhatItDoesNotDo) {
  EXPECT_EQ(fail("RequestCertificate", {{"DomainName", "a.test"}}), "ValidationException");
  EXPECT_EQ(
      fail("RequestCertificate",
           {{"DomainName", "a.test"}, {"ValidationMethod", "DNS"}, {"KeyAlgorithm", "RSA_1024"}}),
      "ValidationException");
  EXPECT_EQ(message, "The algorithm RSA_1024 is not supported for requested certificates");
  for (const char* bad : {"a", "-a.test", "a..test", "*", "*.*.test", "a b.test", "a.t"}) {
    EXPECT_EQ(fail("RequestCertificate", {{"DomainName", bad}, {"ValidationMethod", "DNS"}}),
              "ValidationException")
        << bad;
  }
}

TEST_F(AcmTest, AUsedCertificateStays) {
  const std::string arn = request();
  users.used = arn;
  EXPECT_EQ(describe(arn).at("InUseBy"),
            (json::array{"arn:aws:apigateway:us-east-1::/domainnames/a.tandem.test"}));
  EXPECT_EQ(fail("DeleteCertificate", {{"CertificateArn", arn}}), "ResourceInUseException");
  users.used.clear();
  call("DeleteCertificate", {{"CertificateArn", arn}});
  EXPECT_EQ(fail("DescribeCertificate", {{"CertificateArn", arn}}), "ResourceNotFoundException");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "acm"));
  EXPECT_FALSE(service.find(arn));
}

TEST_F(AcmTest, ArnsAreChecked) {
  EXPECT_EQ(fail("GetCertificate", {{"CertificateArn", "arn:aws:s3:::bucket-of-someone"}}),
            "InvalidArnException");
  EXPECT_EQ(fail("GetCertificate",
                 {{"CertificateArn", "arn:aws:acm:us-west-2:123456789012:certificate/x"}}),
            "ResourceNotFoundException");
}

TEST_F(AcmTest, ListsWithFiltersAndPages) {
  for (int i = 0; i < 5; ++i) {
    request({{"IdempotencyToken", "t" + std::to_string(i)}});
    clock.advance_ms(1'000);
  }
  const auto count = [&](json::object input) {
    return call("ListCertificates", std::move(input))
        .at("CertificateSummaryList")
        .as_array()
        .size();
  };
  EXPECT_EQ(count({}), 5u);
  EXPECT_EQ(count({{"CertificateStatuses", {"PENDING_VALIDATION", "ISSUED"}}}), 5u);
  EXPECT_EQ(count({{"CertificateStatuses", {"FAILED"}}}), 0u);
  EXPECT_EQ(count({{"Includes", {{"keyTypes", {"RSA_2048", "EC_prime256v1"}}}}}), 5u);
  EXPECT_EQ(count({{"Includes", {{"keyTypes", {"RSA_4096"}}}}}), 0u);
  std::size_t seen = 0;
  json::object input{{"MaxItems", 2}, {"SortBy", "CREATED_AT"}, {"SortOrder", "DESCENDING"}};
  double last = 1e18;
  for (int page = 0; page < 3; ++page) {
    const json::object output = call("ListCertificates", input);
    for (const json::value& each : output.at("CertificateSummaryList").as_array()) {
      const double created = *json::find_number(each.as_object(), "CreatedAt");
      EXPECT_LT(created, last);
      last = created;
      ++seen;
    }
    if (!output.contains("NextToken")) break;
    input["NextToken"] = output.at("NextToken");
  }
  EXPECT_EQ(seen, 5u);
  EXPECT_EQ(fail("ListCertificates", {{"SortBy", "CREATED_AT"}}), "ValidationException");
}

// A token names what was given last. AWS goes on behind it whether or not it is still there.
TEST_F(AcmTest, ListsTheRestWhenTheCertificateATokenNamesIsGone) {
  std::set<std::string> left;
  for (int i = 0; i < 5; ++i) {
    clock.advance_ms(1'000);
    left.insert(request());
  }
  for (const bool sorted : {false, true}) {
    json::object input{{"MaxItems", 2}};
    if (sorted) {
      input["SortBy"] = "CREATED_AT";
      input["SortOrder"] = "DESCENDING";
    }
    const json::object first = call("ListCertificates", input);
    std::set<std::string> seen;
    std::string last;
    for (const json::value& each : first.at("CertificateSummaryList").as_array()) {
      last = json::string_or(each.as_object(), "CertificateArn");
      seen.insert(last);
    }
    call("DeleteCertificate", {{"CertificateArn", last}});
    input["NextToken"] = first.at("NextToken");
    input["MaxItems"] = 10;
    const json::object rest = call("ListCertificates", input);
    for (const json::value& each : rest.at("CertificateSummaryList").as_array()) {
      seen.insert(json::string_or(each.as_object(), "CertificateArn"));
    }
    EXPECT_EQ(seen, left);
    left.erase(last);
  }
}

TEST_F(AcmTest, ImportsWhatFitsTogether) {
  const net::Certificate one = ca.issue({"one.test", "two.test"});
  const net::Certificate other = ca.issue({"other.test"});
  const std::string arn =
      json::string_or(call("ImportCertificate", import_input(one)), "CertificateArn");
  EXPECT_EQ(describe(arn).at("Type"), "IMPORTED");
  EXPECT_EQ(describe(arn).at("SubjectAlternativeNames"), (json::array{"one.test", "two.test"}));
  EXPECT_EQ(call("GetCertificate", {{"CertificateArn", arn}}).at("Certificate"),
            json::value(json::string_view(one.certificate_pem)));

  json::object wrong_key = import_input(one);
  wrong_key["PrivateKey"] = core::base64_encode(other.private_key_pem);
  EXPECT_EQ(fail("ImportCertificate", wrong_key), "ValidationException");
  json::object wrong_chain = import_input(one);
  wrong_chain["CertificateChain"] = core::base64_encode(other.certificate_pem);
  EXPECT_EQ(fail("ImportCertificate", wrong_chain), "ValidationException");
  EXPECT_EQ(message, "Could not validate the certificate with the certificate chain.");
  json::object garbage = import_input(one);
  garbage["Certificate"] = core::base64_encode("-----BEGIN CERTIFICATE-----\nAAAA\n");
  EXPECT_EQ(fail("ImportCertificate", garbage), "ValidationException");
  json::object two = import_input(one);
  two["Certificate"] = core::base64_encode(one.certificate_pem + other.certificate_pem);
  EXPECT_EQ(fail("ImportCertificate", two), "ValidationException");
}

TEST_F(AcmTest, ReimportKeepsTheArnAndTellsUsers) {
  const std::string arn = json::string_or(
      call("ImportCertificate", import_input(ca.issue({"one.test"}))), "CertificateArn");
  const net::Certificate renewed = ca.issue({"one.test"});
  json::object input = import_input(renewed);
  input["CertificateArn"] = arn;
  EXPECT_EQ(call("ImportCertificate", input).at("CertificateArn"),
            json::value(json::string_view(arn)));
  EXPECT_EQ(users.changed, (std::vector<std::string>{arn}));
  EXPECT_EQ(service.find(arn)->certificate.private_key_pem, renewed.private_key_pem);
  input["CertificateArn"] = request();
  EXPECT_EQ(fail("ImportCertificate", input), "ValidationException");
}

TEST_F(AcmTest, ExpiredCertificatesSaySo) {
  const std::string arn = request();
  clock.advance_ms(400LL * 86'400'000);
  EXPECT_EQ(describe(arn).at("Status"), "EXPIRED");
}

TEST_F(AcmTest, TagsGoAndCome) {
  const std::string arn = request({{"Tags", json::array{{{"Key", "a"}, {"Value", "1"}}}}});
  call("AddTagsToCertificate",
       {{"CertificateArn", arn}, {"Tags", json::array{{{"Key", "b"}, {"Value", "2"}}}}});
  call("RemoveTagsFromCertificate",
       {{"CertificateArn", arn},
        {"Tags", json::array{{{"Key", "a"}}, {{"Key", "b"}, {"Value", "other"}}}}});
  EXPECT_EQ(call("ListTagsForCertificate", {{"CertificateArn", arn}}).at("Tags"),
            (json::array{{{"Key", "b"}, {"Value", "2"}}}));
}

TEST_F(AcmTest, ResetForgetsRecordsAndKeys) {
  request();
  auto future = asio::co_spawn(io, service.reset(), asio::use_future);
  io.restart();
  io.run();
  future.get();
  EXPECT_TRUE(call("ListCertificates", {}).at("CertificateSummaryList").as_array().empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder / "acm"));
}

}  // namespace
}  // namespace tandem::acm
