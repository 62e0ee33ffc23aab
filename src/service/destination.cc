// Where a request is headed.
#include <algorithm>

#include "aws/dialect.h"
#include "aws/model.h"
#include "aws/sigv4.h"
#include "core/text.h"
#include "service/dispatch.h"
#include "service/host_name.h"

namespace tandem::service {
namespace {

using aws::model::Service;

std::optional<Service> service_by_prefix(std::string_view prefix) {
  for (std::size_t i = 0; i < aws::model::service_count(); ++i) {
    const auto service = aws::model::service_at(i);
    if (service.endpoint_prefix() == prefix) return service;
  }
  return std::nullopt;
}

std::string name_by_signing_name(std::string_view signing_name) {
  for (std::size_t i = 0; i < aws::model::service_count(); ++i) {
    const auto service = aws::model::service_at(i);
    if (service.signing_name() == signing_name) return std::string(service.name());
  }
  return std::string(signing_name);
}

/// "DynamoDB_20120810.PutItem" to "dynamodb".
std::string_view name_by_target(std::string_view target) {
  const auto dot = target.rfind('.');
  if (dot == std::string_view::npos) return {};
  for (std::size_t i = 0; i < aws::model::service_count(); ++i) {
    const auto service = aws::model::service_at(i);
    const std::string_view beside = aws::dialect_of(service.name()).also_speaks;
    const std::string_view prefix = beside.empty() ? service.target_prefix() : beside;
    if (!prefix.empty() && prefix == target.substr(0, dot)) return service.name();
  }
  return {};
}

/// A query request without signature or AWS host still carries its API's version.
std::string_view name_by_version(const net::HttpRequest& request) {
  const bool form =
      request.headers.get_or("Content-Type").starts_with("application/x-www-form-urlencoded");
  if (!form && request.query().find("Version=") == std::string_view::npos) return {};
  const std::string_view text = form ? std::string_view(request.body) : request.query();
  for (const auto part : core::split(text, '&')) {
    if (!part.starts_with("Version=")) continue;
    for (std::size_t i = 0; i < aws::model::service_count(); ++i) {
      const auto service = aws::model::service_at(i);
      if (service.protocol() == aws::model::Protocol::kQuery &&
          service.api_version() == part.substr(8)) {
        return service.name();
      }
    }
  }
  return {};
}

/// "s3-us-west-2" is S3's.
const aws::Dialect* service_by_older_prefix(std::string_view label) {
  for (const aws::Dialect& dialect : aws::dialects()) {
    if (!dialect.older_prefix.empty() && label.starts_with(dialect.older_prefix)) return &dialect;
  }
  return nullptr;
}

/// labels are what stands before ".amazonaws.com", split at dots.
HostMeaning read_labels(std::vector<std::string_view> labels) {
  HostMeaning meaning;
  // From the right: the region if there is one, then the service, then what is the service's own.
  if (labels.size() > 1 && labels.back().find('-') != std::string_view::npos &&
      labels.back() != "execute-api" && service_by_older_prefix(labels.back()) == nullptr) {
    meaning.region = labels.back();
    labels.pop_back();
  }
  if (labels.size() > 1 && labels.back() == "dualstack") labels.pop_back();
  auto prefix = labels.back();
  labels.pop_back();
  const aws::Dialect* older = service_by_older_prefix(prefix);
  if (older != nullptr) meaning.region = prefix.substr(older->older_prefix.size());
  for (const auto label : labels) {
    if (!meaning.label.empty()) meaning.label += '.';
    meaning.label += label;
  }
  if (older != nullptr) {
    meaning.service = older->service;
    return meaning;
  }
  const auto of_account = std::ranges::find(aws::dialects(), prefix, &aws::Dialect::account_prefix);
  if (!prefix.empty() && of_account != aws::dialects().end()) {
    meaning.service = of_account->service;
    meaning.label.clear();
    return meaning;
  }
  const auto service = service_by_prefix(prefix);
  meaning.service = service ? service->name() : prefix;
  return meaning;
}

}  // namespace

HostMeaning read_host(std::string_view host) {
  constexpr std::string_view kDomain = ".amazonaws.com";
  constexpr std::string_view kUrlDomain = ".on.aws";
  if (host.ends_with(kDomain) && host.size() > kDomain.size()) {
    return read_labels(core::split(host.substr(0, host.size() - kDomain.size()), '.'));
  }
  if (host.ends_with(kUrlDomain)) {
    const auto labels = core::split(host.substr(0, host.size() - kUrlDomain.size()), '.');
    if (labels.size() == 3 && labels[1] == "lambda-url") {
      return {"lambda-url", std::string(labels[2]), std::string(labels[0])};
    }
  }
  return {};
}

Destination destination_of(const net::HttpRequest& request) {
  Destination destination;
  const auto host = read_host(request.host());
  destination.service = host.service;
  destination.region = host.region;
  if (const auto scope = aws::peek_scope(request)) {
    destination.region = scope->region;
    if (host.service != "execute-api" && host.service != "lambda-url") {
      destination.service = name_by_signing_name(scope->service);
    }
  }
  // Services that share a signing name are told apart by their target.
  const auto by_target = name_by_target(request.headers.get_or("X-Amz-Target"));
  if (!by_target.empty()) destination.service = by_target;
  if (destination.service.empty()) destination.service = name_by_version(request);
  if (destination.service.empty() && aws::is_signature_version_2(request)) {
    const auto older = std::ranges::find(aws::dialects(), true, &aws::Dialect::older_signatures);
    destination.service = older->service;
  }
  return destination;
}

}  // namespace tandem::service
