#include "services/route53/model/health_check.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>

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
constexpr std::array<TypeText, 7> kTypes{{{CheckType::kHttp, "HTTP"},
                                          {CheckType::kHttps, "HTTPS"},
                                          {CheckType::kHttpStrMatch, "HTTP_STR_MATCH"},
                                          {CheckType::kHttpsStrMatch, "HTTPS_STR_MATCH"},
                                          {CheckType::kTcp, "TCP"},
                                          {CheckType::kCalculated, "CALCULATED"},
                                          {CheckType::kCloudWatchMetric, "CLOUDWATCH_METRIC"}}};

struct NoDataText {
  NoData no_data;
  std::string_view text;
};
constexpr std::array<NoDataText, 3> kNoData{{{NoData::kHealthy, "Healthy"},
                                             {NoData::kUnhealthy, "Unhealthy"},
                                             {NoData::kLastKnown, "LastKnownStatus"}}};

/// Seconds between two looks at an alarm: as often as CloudWatch evaluates its quickest.
constexpr int kAlarmInterval = 10;

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

/// Members of a type that is not implemented, by name.
void refuse_routing_control(const json::object& config) {
  if (json::find(config, "RoutingControlArn") != nullptr) {
    service::refuse_member("HealthCheckConfig.RoutingControlArn",
                           "RECOVERY_CONTROL health checks are not implemented.");
  }
}

struct MemberText {
  std::string_view member;
  std::string_view text;
};

void refuse_each(const json::object& config, std::span<const MemberText> members,
                 std::string_view whose) {
  for (const MemberText& one : members) {
    if (json::find(config, one.member) == nullptr) continue;
    throw invalid(fmt::format("{} health checks must not have {} specified.", whose, one.text));
  }
}

constexpr std::array<MemberText, 2> kOfCalculated{
    {{"HealthThreshold", "a health threshold"}, {"ChildHealthChecks", "child health checks"}}};
constexpr std::array<MemberText, 2> kOfAlarms{
    {{"AlarmIdentifier", "an alarm identifier"},
     {"InsufficientDataHealthStatus", "an insufficient data health status"}}};
constexpr std::array<MemberText, 9> kOfEndpoints{
    {{"IPAddress", "an IP address"},
     {"Port", "a port"},
     {"ResourcePath", "a resource path"},
     {"FullyQualifiedDomainName", "a fully qualified domain name"},
     {"SearchString", "a search string"},
     {"RequestInterval", "a request interval"},
     {"FailureThreshold", "a failure threshold"},
     {"EnableSNI", "SNI"},
     {"Regions", "regions"}}};

/// What belongs to other types. The words are Route 53's where they are known ("Calculated health
/// checks must not have a failure threshold specified."), and made after those where not.
void refuse_others(const HealthCheckConfig& config, const json::object& given) {
  refuse_routing_control(given);
  if (config.calculated()) {
    refuse_each(given, kOfEndpoints, "Calculated");
    refuse_each(given, kOfAlarms, "Calculated");
    return;
  }
  if (config.watches_alarm()) {
    refuse_each(given, kOfEndpoints, "CloudWatch metric");
    refuse_each(given, kOfCalculated, "CloudWatch metric");
    return;
  }
  refuse_each(given, kOfCalculated, "Basic");
  refuse_each(given, kOfAlarms, "Basic");
}

void sort_once(std::vector<std::string>& list) {
  std::ranges::sort(list);
  const auto repeated = std::ranges::unique(list);
  list.erase(repeated.begin(), repeated.end());
}

void read_calculated(HealthCheckConfig& config, const json::object& from) {
  config.inverted = json::bool_or(from, "Inverted", config.inverted);
  config.disabled = json::bool_or(from, "Disabled", config.disabled);
  config.health_threshold = json::int_or(from, "HealthThreshold", config.health_threshold);
  if (const json::array* children = json::find_array(from, "ChildHealthChecks")) {
    config.child_health_checks.clear();
    for (const json::value& id : *children) config.child_health_checks.push_back(json::to_std(id));
    sort_once(config.child_health_checks);
  }
  if (config.child_health_checks.size() > kMaxChildren) {
    throw invalid(
        fmt::format("Calculated health checks must not have more than {} child health "
                    "checks specified.",
                    kMaxChildren));
  }
}

/// An AlarmIdentifier names the alarm anew, also when it is the same; what is not given stays.
void read_alarm(HealthCheckConfig& config, const json::object& from) {
  config.inverted = json::bool_or(from, "Inverted", config.inverted);
  config.disabled = json::bool_or(from, "Disabled", config.disabled);
  if (const json::object* alarm = json::find_object(from, "AlarmIdentifier")) {
    config.alarm_region = json::string_or(*alarm, "Region");
    config.alarm_name = json::string_or(*alarm, "Name");
  }
  const std::string no_data = json::string_or(from, "InsufficientDataHealthStatus");
  for (const NoDataText& known : kNoData) {
    if (known.text == no_data) config.no_data = known.no_data;
  }
}

HealthCheckConfig parse_alarm(const json::object& document) {
  HealthCheckConfig config;
  config.type = CheckType::kCloudWatchMetric;
  config.failure_threshold = 1;
  config.request_interval = kAlarmInterval;
  if (json::find_object(document, "AlarmIdentifier") == nullptr) {
    throw invalid("CloudWatch metric health checks must have an alarm identifier specified.");
  }
  read_alarm(config, document);
  return config;
}

HealthCheckConfig parse_calculated(const json::object& document) {
  HealthCheckConfig config;
  config.type = CheckType::kCalculated;
  config.failure_threshold = 0;
  config.request_interval = 0;
  if (json::find(document, "HealthThreshold") == nullptr) {
    throw invalid("Calculated health checks must have a health threshold specified.");
  }
  read_calculated(config, document);
  return config;
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
    sort_once(config.regions);
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
  if (element == "ChildHealthChecks") config.child_health_checks.clear();
}

json::array list_of(const std::vector<std::string>& texts) {
  json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

void add_endpoint(json::object& document, const HealthCheckConfig& config) {
  if (!config.ip_address.empty()) document["IPAddress"] = config.ip_address;
  document["Port"] = config.port;
  if (!config.resource_path.empty()) document["ResourcePath"] = config.resource_path;
  if (!config.fully_qualified_domain_name.empty()) {
    document["FullyQualifiedDomainName"] = config.fully_qualified_domain_name;
  }
  if (!config.search_string.empty()) document["SearchString"] = config.search_string;
  document["RequestInterval"] = config.request_interval;
  document["FailureThreshold"] = config.failure_threshold;
  document["MeasureLatency"] = false;
  document["EnableSNI"] = config.enable_sni;
  if (!config.regions.empty()) document["Regions"] = list_of(config.regions);
}

}  // namespace

std::string_view check_type_text(CheckType type) {
  for (const TypeText& known : kTypes) {
    if (known.type == type) return known.text;
  }
  return "";
}

HealthCheckConfig parse_health_check(const json::object& document, const AllowedAddress& allowed) {
  HealthCheckConfig config;
  config.type = parse_type(json::string_or(document, "Type"));
  refuse_others(config, document);
  if (json::bool_or(document, "MeasureLatency", false)) {
    service::refuse_member("HealthCheckConfig.MeasureLatency",
                           "Latency graphs need CloudWatch metrics, which are not implemented.");
  }
  if (config.calculated()) return parse_calculated(document);
  if (config.watches_alarm()) return parse_alarm(document);
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
  refuse_others(config, update);
  if (const json::array* elements = json::find_array(update, "ResetElements")) {
    for (const json::value& element : *elements) reset(config, json::to_std(element));
  }
  if (config.calculated()) {
    read_calculated(config, update);
    return config;
  }
  if (config.watches_alarm()) {
    read_alarm(config, update);
    return config;
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
  document["Type"] = check_type_text(config.type);
  document["Inverted"] = config.inverted;
  document["Disabled"] = config.disabled;
  if (config.watches_alarm()) {
    document["AlarmIdentifier"] =
        json::object{{"Region", config.alarm_region}, {"Name", config.alarm_name}};
    for (const NoDataText& known : kNoData) {
      if (known.no_data == config.no_data) document["InsufficientDataHealthStatus"] = known.text;
    }
  } else if (config.calculated()) {
    document["HealthThreshold"] = config.health_threshold;
    document["ChildHealthChecks"] = list_of(config.child_health_checks);
  } else {
    add_endpoint(document, config);
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
