// TLS: the local certificate authority and the certificates a server presents by SNI.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "net/key_maker.h"

namespace tandem::net {

struct Certificate {
  std::string certificate_pem;  ///< the leaf
  std::string chain_pem;        ///< the issuers above it
  std::string private_key_pem;  ///< secret: only in files with mode 0600
  std::string serial_hex;
  std::int64_t not_before_s = 0;
  std::int64_t not_after_s = 0;
};

/// What a certificate authority needs of the world. Borrowed by it.
struct CaWorld {
  const core::Clock* clock = nullptr;
  KeyMaker* keys = nullptr;
};

/// The root every local certificate descends from. ECDSA P-256.
class LocalCa {
 public:
  /// Reads ca.pem and ca.key from folder, or makes them (ca.key with mode 0600).
  static LocalCa load_or_create(const std::filesystem::path& folder, CaWorld world);
  const std::string& certificate_pem() const { return certificate_pem_; }
  /// A leaf for these DNS names (wildcards allowed) and IP addresses, first one as common name. An
  /// RSA key takes a tenth of a second to find; safe to call from any thread.
  Certificate issue(const std::vector<std::string>& names, KeyType key_type = KeyType::kEcP256,
                    std::chrono::days validity = std::chrono::days(395)) const;

  LocalCa() = default;  ///< to be assigned to

 private:
  explicit LocalCa(CaWorld world) : world_(world) {}
  CaWorld world_{};
  std::string certificate_pem_;
  std::string private_key_pem_;
};

/// What a TLS listener presents. Changes apply to the next handshake. Loop thread only.
class ServerTls {
 public:
  ServerTls();
  ~ServerTls();
  /// For connections without SNI, or with a name nothing else covers.
  void set_default(const Certificate& certificate);
  /// name is a DNS name, or "*.example" covering one label. Replaces an earlier one.
  void set(std::string_view name, const Certificate& certificate);
  void erase(std::string_view name);
  /// Asked for a certificate when a client names something that nothing covers; nothing: the
  /// default. The last 1,000 of them are kept. Must not throw.
  using Issuer = std::function<std::optional<Certificate>(const std::string& name)>;
  void set_issuer(Issuer issuer);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::net
