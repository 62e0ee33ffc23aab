// What ACM needs from its neighbours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::acm {

/// Whoever presents certificates (API Gateway's domain names).
class CertificateUsers {
 public:
  virtual ~CertificateUsers() = default;
  /// ARNs of what uses the certificate.
  virtual std::vector<std::string> users_of(std::string_view certificate_arn) const = 0;
  /// The certificate under this ARN is another one now: present it from the next handshake on.
  virtual void certificate_changed(std::string_view certificate_arn) = 0;
};

}  // namespace tandem::acm
