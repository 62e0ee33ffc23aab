#include "services/route53/model/health_check.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/text.h"
#include "service/operation.h"
#include "services/route53/model/errors.h"
#include "services/route53/model/name.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

struct TypeText {
  CheckType type;
  std::string_view text;
};
constexpr std::array<TypeText, 5> kTypes{{{CheckType::kHttp, "HTTP"},
                                          {CheckType::kHttps, "HTTPS"},
                                          {CheckType::kHttpStrMatch, "HTTP_STR_MATCH"},
                                          {CheckType::kHttpsStrMatch, "HTTPS_STR_MATCH"},
                                          {CheckType::kTcp, "TCP"}}};

aws::ApiError invalid(std::string why) {
  return errors::invalid_input("Invalid parameter : " + std::move(why));
}

CheckType parse_type(std::string_view text) {
  for (const TypeText& known : kTypes) {
    if (known.text == text) return known.type;
  }
  service::refuse_member("HealthCheckConfig.Type",
                         fmt::format("{} health checks are not implemented.", text));
}

bool in_block(std::string_view address, std::uint8_t a, std::uint8_t b, unsigned bits) {
  const unsigned value =
      static_cast<std::uint8_t>(address[0]) << 8 | static_cast<std::uint8_t>(address[1]);
  return value >> (16 - bits) == static_cast<unsigned>(a << 8 | b) >> (16 - bits);
}

/// Private, local, multicast and reserved ranges (RFC 6890), which Route 53 does not check.
bool is_public_ipv4(std::string_view address) {
  return !(in_block(address, 0, 0, 8) || in_block(address, 10, 0, 8) ||
           in_block(address, 100, 64, 10) || in_block(address, 127, 0, 8) ||
           in_block(address, 169, 254, 16) || in_block(address, 172, 16, 12) ||
           in_block(address, 192, 168, 16) || in_block(address, 198, 18, 15) ||
           in_block(address, 224, 0, 3));
}

/// 2000::/3 is what is given out for the Internet.
bool is_public_ipv6(std::string_view address) {
  return (static_cast<std::uint8_t>(address[0]) & 0xE0) == 0x20;
}

void check_address(const std::string& address, const AllowedAddress& allowed) {
  const auto v4 = parse_ipv4(address);
  const auto v6 = v4 ? std::nullopt : parse_ipv6(address);
  if (!v4 && !v6) throw invalid(fmt::format("IPAddress {} is not a valid IP address.", address));
  if (allowed(address)) return;
  if (v4 ? is_public_ipv4(*v4) : is_public_ipv6(*v6)) return;
  throw invalid(fmt::format(
      "IPAddress {} is in a range that is local, private, non-routable or multicast.", address));
}

void check_path(const std::string& path) {
  for (const char c : path) {
    if (c <= ' ' || c >= 127) throw invalid("ResourcePath contains characters that are not valid.");
  }
}

/// Members that belong to types which are not implemented.
void refuse_others(const json::object& config) {
  constexpr std::array<std::string_view, 5> kOthers{
      "HealthThreshold", "ChildHealthChecks", "AlarmIdentifier", "InsufficientDataHealthStatus",
      "RoutingControlArn"};
  for (const std::string_view member : kOthers) {
    if (json::find(config, member) != nullptr) {
      service::refuse_member("HealthCheckConfig." + std::string(member),
                             "Only health checks of endpoints are implemented.");
    }
  }
}

/// What Create and Update have in common.
void read_common(HealthCheckConfig& config, const json::object& from) {
  config.ip_address = json::string_or(from, "IPAddress", config.ip_address);
  config.port = static_cast<std::uint16_t>(json::int_or(from, "Port", config.port));
  config.resource_path = json::string_or(from, "ResourcePath", config.resource_path);
  config.fully_qualified_domain_name =
      json::string_or(from, "FullyQualifiedDomainName", config.fully_qualified_domain_name);
  config.search_string = json::string_or(from, "SearchString", config.search_string);
  config.failure_threshold =
      static_cast<int>(json::int_or(from, "FailureThreshold", config.failure_threshold));
  config.inverted = json::bool_or(from, "Inverted", config.inverted);
  config.disabled = json::bool_or(from, "Disabled", config.disabled);
  config.enable_sni = json::bool_or(from, "EnableSNI", config.enable_sni);
  if (const json::array* regions = json::find_array(from, "Regions")) {
    config.regions.clear();
    for (const json::value& region : *regions) config.regions.push_back(json::to_std(region));
    std::ranges::sort(config.regions);
    const auto repeated = std::ranges::unique(config.regions);
    config.regions.erase(repeated.begin(), repeated.end());
    if (config.regions.size() < 3) throw invalid("Regions must name at least 3 regions.");
  }
}

void check(const HealthCheckConfig& config, const AllowedAddress& allowed) {
  if (config.ip_address.empty() && config.fully_qualified_domain_name.empty()) {
    throw invalid("Specify either IPAddress or FullyQualifiedDomainName.");
  }
  if (!config.ip_address.empty()) check_address(config.ip_address, allowed);
  if (!config.fully_qualified_domain_name.empty() &&
      !parse_name(config.fully_qualified_domain_name)) {
    throw invalid("FullyQualifiedDomainName is not a valid domain name.");
  }
  if (config.port == 0) throw invalid("Port is required for a TCP health check.");
  if (!config.http() && !config.resource_path.empty()) {
    throw invalid("ResourcePath cannot be specified for a TCP health check.");
  }
  if (config.string_match() == config.search_string.empty()) {
    throw invalid(config.string_match() ? "SearchString is required for this type."
                                        : "SearchString cannot be specified for this type.");
  }
  if (config.enable_sni && !config.tls()) {
    throw invalid("EnableSNI can be specified for HTTPS health checks only.");
  }
  check_path(config.resource_path);
}

void reset(HealthCheckConfig& config, std::string_view element) {
  if (element == "FullyQualifiedDomainName") config.fully_qualified_domain_name.clear();
  if (element == "ResourcePath") config.resource_path.clear();
  if (element == "Regions") config.regions.clear();
  // ChildHealthChecks is empty already.
}

}  // namespace

HealthCheckConfig parse_health_check(const json::object& document, const AllowedAddress& allowed) {
  HealthCheckConfig config;
  config.type = parse_type(json::string_or(document, "Type"));
  refuse_others(document);
  if (json::bool_or(document, "MeasureLatency", false)) {
    service::refuse_member("HealthCheckConfig.MeasureLatency",
                           "Latency graphs need CloudWatch metrics, which are not implemented.");
  }
  config.enable_sni = config.tls();
  if (config.http()) config.port = config.tls() ? 443 : 80;
  config.request_interval = static_cast<int>(json::int_or(document, "RequestInterval", 30));
  if (config.request_interval != 10 && config.request_interval != 30) {
    throw invalid("RequestInterval must be 10 or 30.");
  }
  read_common(config, document);
  check(config, allowed);
  return config;
}

HealthCheckConfig update_health_check(HealthCheckConfig config, const json::object& update,
                                      const AllowedAddress& allowed) {
  const bool by_address = !config.ip_address.empty();
  refuse_others(update);
  if (const json::array* elements = json::find_array(update, "ResetElements")) {
    for (const json::value& element : *elements) reset(config, json::to_std(element));
  }
  read_common(config, update);
  if (by_address != !config.ip_address.empty()) {
    throw invalid("A health check by domain name cannot be changed to one by IP address.");
  }
  check(config, allowed);
  return config;
}

json::object to_document(const HealthCheckConfig& config) {
  json::object document;
  if (!config.ip_address.empty()) document["IPAddress"] = config.ip_address;
  document["Port"] = config.port;
  for (const TypeText& known : kTypes) {
    if (known.type == config.type) document["Type"] = known.text;
  }
  if (!config.resource_path.empty()) document["ResourcePath"] = config.resource_path;
  if (!config.fully_qualified_domain_name.empty()) {
    document["FullyQualifiedDomainName"] = config.fully_qualified_domain_name;
  }
  if (!config.search_string.empty()) document["SearchString"] = config.search_string;
  document["RequestInterval"] = config.request_interval;
  document["FailureThreshold"] = config.failure_threshold;
  document["MeasureLatency"] = false;
  document["Inverted"] = config.inverted;
  document["Disabled"] = config.disabled;
  document["EnableSNI"] = config.enable_sni;
  if (!config.regions.empty()) {
    json::array regions;
    for (const std::string& region : config.regions) regions.emplace_back(region);
    document["Regions"] = std::move(regions);
  }
  return document;
}

std::string host_header(const HealthCheckConfig& config) {
  if (config.fully_qualified_domain_name.empty()) {
    const bool v6 = config.ip_address.find(':') != std::string::npos;
    return v6 ? '[' + config.ip_address + ']' : config.ip_address;
  }
  const std::uint16_t usual = config.tls() ? 443 : 80;
  if (config.port == usual) return config.fully_qualified_domain_name;
  return fmt::format("{}:{}", config.fully_qualified_domain_name, config.port);
}

}  // namespace tandem::route53
