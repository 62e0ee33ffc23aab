// AWS Certificate Manager over the local certificate authority: what it issues is really served and
// verifies against the CA's root. Lives on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/acm/ports.h"

namespace tandem::acm {

struct FoundCertificate {
  net::Certificate certificate;    ///< with its private key
  std::vector<std::string> names;  ///< the domain name and the alternative names
};

class AcmService final : public service::Service {
 public:
  /// Borrows ca.
  AcmService(service::Environment environment, const net::LocalCa& ca);
  ~AcmService() override;

  /// Until it is called nothing uses a certificate. Borrows users. Before start().
  void set_users(CertificateUsers& users);

  std::string_view name() const override { return "acm"; }
  const std::vector<service::Operation>& operations() const override;

  /// The issued or imported certificate, or nothing.
  std::optional<FoundCertificate> find(std::string_view certificate_arn) const;

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::acm
