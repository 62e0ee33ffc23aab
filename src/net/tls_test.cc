#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "net/ca_files.h"
#include "net/openssl.h"

namespace tandem::net {
namespace {

class LocalCaTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  core::SystemClock clock_;
  OpenSslKeys keys_;
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("tandem-ca-" + std::to_string(::getpid()));
};

TEST_F(LocalCaTest, IsMadeOnceAndItsKeyIsPrivate) {
  const LocalCa made = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  const LocalCa loaded = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  EXPECT_EQ(made.certificate_pem(), loaded.certificate_pem());
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "ca.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(LocalCaTest, RefusesAKeyOfAnotherRoot) {
  LocalCa::load_or_create(folder_, {&clock_, &keys_});
  LocalCa::load_or_create(folder_ / "other", {&clock_, &keys_});
  std::filesystem::copy_file(folder_ / "other" / "ca.key", folder_ / "ca.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(LocalCa::load_or_create(folder_, {&clock_, &keys_}), TlsError);
}

TEST_F(LocalCaTest, NamesTheFileThatIsMissingOrDamaged) {
  for (const char* file : {"ca.pem", "ca.key"}) {
    const std::filesystem::path path = folder_ / file;
    const auto refusal = [&]() -> std::string {
      try {
        LocalCa::load_or_create(folder_, {&clock_, &keys_});
      } catch (const TlsError& error) {
        return error.what();
      }
      return "loaded";
    };
    replace_ca(folder_, {&clock_, &keys_});
    std::filesystem::remove(path);
    EXPECT_THAT(refusal(), testing::StartsWith(path.string() + " is missing"));
    for (const std::string damage : {"", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
      core::write_file_atomically(path, damage, 0600);
      EXPECT_THAT(refusal(), testing::HasSubstr(path.string())) << damage;
    }
    core::write_file_atomically(path, std::string(1'000'000, 'x'), 0600);
    EXPECT_THAT(refusal(), testing::HasSubstr(path.string()));
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_THAT(refusal(), testing::HasSubstr(path.string()));
    std::filesystem::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);  // reading it would never end
    EXPECT_THAT(refusal(), testing::HasSubstr(path.string()));
    std::filesystem::remove(path);
    std::filesystem::create_symlink(path, path);
    EXPECT_THAT(refusal(), testing::HasSubstr(path.string()));
    std::filesystem::remove(path);
  }
}

/// Strict verification insists on what RFC 5280 requires of each certificate.
bool verifies(const LocalCa& ca, const Certificate& certificate, const char* name) {
  X509_STORE* store = X509_STORE_new();
  const X509Ptr root = parse_certificate(ca.certificate_pem());
  const X509Ptr leaf = parse_certificate(certificate.certificate_pem);
  X509_STORE_add_cert(store, root.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) != 1) {
    X509_VERIFY_PARAM_set1_host(parameters, name, 0);
  }
  const bool verified = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return verified;
}

TEST_F(LocalCaTest, IssuesForDnsNamesAndAddresses) {
  const LocalCa ca = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  const Certificate certificate = ca.issue({"api.example", "*.wild.example", "127.0.10.1", "::1"},
                                           KeyType::kEcP256, std::chrono::days(30));
  for (const char* name : {"api.example", "x.wild.example", "127.0.10.1", "::1"}) {
    EXPECT_TRUE(verifies(ca, certificate, name)) << name;
  }
  for (const char* name : {"other.example", "a.b.wild.example", "127.0.10.2"}) {
    EXPECT_FALSE(verifies(ca, certificate, name)) << name;
  }
  EXPECT_EQ(certificate.not_after_s - certificate.not_before_s, 30 * 86400 + 3600);
  const KeyPtr key = parse_private_key(certificate.private_key_pem);
  EXPECT_EQ(X509_check_private_key(parse_certificate(certificate.certificate_pem).get(), key.get()),
            1);
}

TEST_F(LocalCaTest, LongNamesHaveNoCommonName) {
  const LocalCa ca = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  const std::string name = std::string(60, 'a') + ".example.example.example";
  EXPECT_TRUE(verifies(ca, ca.issue({name}), name.c_str()));
  EXPECT_TRUE(verifies(ca, ca.issue({name}, KeyType::kEcP384), name.c_str()));
  EXPECT_TRUE(verifies(ca, ca.issue({name}, KeyType::kRsa2048), name.c_str()));
}

TEST_F(LocalCaTest, SerialsDiffer) {
  const LocalCa ca = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  std::set<std::string> serials;
  for (int i = 0; i < 10; ++i) {
    const std::string serial = ca.issue({"a"}).serial_hex;
    EXPECT_EQ(serial.size(), 32u);
    serials.insert(serial);
  }
  EXPECT_EQ(serials.size(), 10u);
}

TEST_F(LocalCaTest, RefusesNamesThatAreSyntax) {
  const LocalCa ca = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  for (const char* name : {"a,DNS:b", "", "a b", "DNS:x", "*", "a.*.b"}) {
    EXPECT_THROW(ca.issue({name}), TlsError) << name;
  }
}

TEST_F(LocalCaTest, ServerRefusesAMismatchedKey) {
  const LocalCa ca = LocalCa::load_or_create(folder_, {&clock_, &keys_});
  Certificate certificate = ca.issue({"a"});
  certificate.private_key_pem = ca.issue({"a"}).private_key_pem;
  ServerTls tls;
  EXPECT_THROW(tls.set("a", certificate), TlsError);
  certificate.private_key_pem = "nonsense";
  EXPECT_THROW(tls.set_default(certificate), TlsError);
}

}  // namespace
}  // namespace tandem::net
