#include "services/acm/service.h"

#include "service/table.h"
#include "services/acm/errors.h"
#include "services/acm/model/x509.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

using service::row;

// Accepted for one value only: ValidationMethod DNS and Options
// CertificateTransparencyLoggingPreference DISABLED.
std::vector<service::Operation> make_table(State& state) {
  return {
      row(state, "RequestCertificate", request_certificate,
          {"DomainName", "ValidationMethod", "SubjectAlternativeNames", "IdempotencyToken",
           "Options", "Options.Export=DISABLED", "Tags", "KeyAlgorithm"}),
      row(state, "DescribeCertificate", describe_certificate, {"CertificateArn"}),
      row(state, "ListCertificates", list_certificates,
          {"CertificateStatuses", "Includes", "NextToken", "MaxItems", "SortBy", "SortOrder"}),
      row(state, "GetCertificate", get_certificate, {"CertificateArn"}),
      row(state, "DeleteCertificate", delete_certificate, {"CertificateArn"}),
      row(state, "ImportCertificate", import_certificate,
          {"CertificateArn", "Certificate", "PrivateKey", "CertificateChain", "Tags"}),
      row(state, "AddTagsToCertificate", add_tags_to_certificate, {"CertificateArn", "Tags"}),
      row(state, "ListTagsForCertificate", list_tags_for_certificate, {"CertificateArn"}),
      row(state, "RemoveTagsFromCertificate", remove_tags_from_certificate,
          {"CertificateArn", "Tags"}),
  };
}

}  // namespace

struct AcmService::Impl {
  Impl(service::Environment environment, const net::LocalCa& ca)
      : state(std::move(environment), ca), table(make_table(state)) {}
  State state;
  std::vector<service::Operation> table;
};

AcmService::AcmService(service::Environment environment, const net::LocalCa& ca)
    : impl_(std::make_unique<Impl>(std::move(environment), ca)) {
  mend_certificates(impl_->state);
}

AcmService::~AcmService() = default;

void AcmService::set_users(CertificateUsers& users) { impl_->state.users = &users; }

const std::vector<service::Operation>& AcmService::operations() const { return impl_->table; }

const service::Environment& AcmService::environment() const { return impl_->state.environment; }

// Certificates are read from the store each time; who presents one is told by its user.
std::function<void()> AcmService::forgetting() {
  return [] {};
}

std::optional<FoundCertificate> AcmService::find(std::string_view certificate_arn) const {
  const State& state = impl_->state;
  constexpr std::string_view kResource = "certificate/";
  const auto slash = certificate_arn.find(kResource);
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string id(certificate_arn.substr(slash + kResource.size()));
  if (certificate_arn != arn_of(state, id)) return std::nullopt;
  const auto record = state.certificates.get(id);
  auto key = state.certificates.private_key(id);
  // A key that is not the certificate's would only break every handshake.
  if (!record || !key || !key_fits(json::string_or(*record, "certificate"), *key)) {
    return std::nullopt;
  }
  FoundCertificate found;
  found.certificate.certificate_pem = json::string_or(*record, "certificate");
  found.certificate.chain_pem = json::string_or(*record, "chain");
  found.certificate.private_key_pem = std::move(*key);
  found.certificate.not_before_s = json::int_or(*record, "NotBefore", 0);
  found.certificate.not_after_s = json::int_or(*record, "NotAfter", 0);
  for (const char c : json::string_or(*record, "Serial")) {
    if (c != ':') found.certificate.serial_hex += c;
  }
  for (const json::value& name : record->at("SubjectAlternativeNames").as_array()) {
    found.names.push_back(json::to_std(name));
  }
  return found;
}

}  // namespace tandem::acm
