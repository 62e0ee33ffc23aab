#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

// The hosted zone in which the template wants a name's validation record; empty: none.
std::string validation_zone(const json::object& properties, const std::string& domain) {
  if (const auto* options = json::find_array(properties, "DomainValidationOptions")) {
    for (const auto& option : *options) {
      if (text_of(option.as_object(), "DomainName") == domain) {
        return text_of(option.as_object(), "HostedZoneId");
      }
    }
  }
  return "";
}

class Certificate final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = keep(
        properties, {"DomainName", "SubjectAlternativeNames", "ValidationMethod", "KeyAlgorithm"});
    request["Tags"] = tag_list(all_tags(context, properties));
    if (properties.contains("CertificateTransparencyLoggingPreference")) {
      request["Options"] = keep(properties, {"CertificateTransparencyLoggingPreference"});
    }
    context.intend({});
    json::object made = co_await context.call("acm", "RequestCertificate", std::move(request));
    Physical physical;
    physical.id = json::string_or(made, "CertificateArn");
    physical.attributes["Id"] = physical.id;
    context.claim(physical);
    bool recorded = false;
    for (;;) {
      json::object again{{"CertificateArn", physical.id}};
      json::object found = co_await context.call("acm", "DescribeCertificate", std::move(again));
      const auto* certificate = json::find_object(found, "Certificate");
      CHECK(certificate != nullptr);
      const std::string status = json::string_or(*certificate, "Status");
      // One that is issued already has its record all the same: AWS renews by it.
      if (!recorded) recorded = co_await put_records(context, properties, *certificate);
      if (status == "ISSUED") break;
      if (status != "PENDING_VALIDATION") {
        throw HandlerError("NotStabilized", "Certificate is in status " + status);
      }
      co_await context.pause();
    }
    co_return physical;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical, json::object,
                                     std::set<std::string> known) const override {
    // Without Includes only RSA keys are listed.
    json::object request{
        {"Includes",
         json::object{{"keyTypes", json::array{"RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096",
                                               "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"}}}}};
    for (;;) {
      json::object page = co_await context.call("acm", "ListCertificates", request);
      const auto* found = json::find_array(page, "CertificateSummaryList");
      if (found == nullptr) co_return std::nullopt;
      for (const auto& one : *found) {
        const std::string arn = json::string_or(one.as_object(), "CertificateArn");
        if (known.contains(arn)) continue;
        json::object asked{{"CertificateArn", arn}};
        json::object tags =
            co_await context.call("acm", "ListTagsForCertificate", std::move(asked));
        if (context.has_system_tags(tag_map(tags))) co_return Physical{arn, {}};
      }
      const std::string token = json::string_or(page, "NextToken");
      if (token.empty()) co_return std::nullopt;
      request["NextToken"] = token;
    }
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"CertificateArn", identifier}};
    co_await context.call("acm", "DescribeCertificate", std::move(request));
    json::object attributes{{"Id", identifier}};
    co_return Physical{std::move(identifier), std::move(attributes)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    const TagChanges tags = tag_changes(before, after);
    if (!tags.removed.empty()) {
      json::array list;
      for (const auto& key : tags.removed) list.push_back(json::object{{"Key", key}});
      json::object request{{"CertificateArn", physical.id}, {"Tags", std::move(list)}};
      co_await context.call("acm", "RemoveTagsFromCertificate", std::move(request));
    }
    if (!tags.set.empty()) {
      json::object request{{"CertificateArn", physical.id}, {"Tags", tag_list(tags.set)}};
      co_await context.call("acm", "AddTagsToCertificate", std::move(request));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"CertificateArn", physical.id}};
    co_await context.call("acm", "DeleteCertificate", std::move(request));
  }

 private:
  // True when the certificate has told its validation records, which takes it a moment.
  static Task<bool> put_records(HandlerContext& context, json::object properties,
                                json::object certificate) {
    const auto* options = json::find_array(certificate, "DomainValidationOptions");
    if (options == nullptr) co_return false;
    for (const auto& option : *options) {
      const auto* record = json::find_object(option.as_object(), "ResourceRecord");
      if (record == nullptr) co_return false;
      const std::string zone =
          validation_zone(properties, text_of(option.as_object(), "DomainName"));
      if (zone.empty()) continue;
      json::object set{
          {"Name", text_of(*record, "Name")},
          {"Type", text_of(*record, "Type")},
          {"TTL", 300},
          {"ResourceRecords", json::array{json::object{{"Value", text_of(*record, "Value")}}}}};
      json::array changes;
      changes.push_back(json::object{{"Action", "UPSERT"}, {"ResourceRecordSet", std::move(set)}});
      json::object request{{"HostedZoneId", zone},
                           {"ChangeBatch", json::object{{"Changes", std::move(changes)}}}};
      co_await context.call("route53", "ChangeResourceRecordSets", std::move(request));
    }
    co_return true;
  }
};

}  // namespace

ResourceType certificate_manager_certificate() {
  return importable_by(
      "Id",
      declare(
          "AWS::CertificateManager::Certificate",
          {.serves = "CertificateTransparencyLoggingPreference DomainName DomainValidationOptions "
                     "KeyAlgorithm SubjectAlternativeNames Tags ValidationMethod",
           .refuses = "DomainValidationOptions/*/ValidationDomain",
           .replaces = "CertificateTransparencyLoggingPreference"},
          {"Id"}, "", std::make_unique<Certificate>()));
}

}  // namespace tandem::cloudformation
