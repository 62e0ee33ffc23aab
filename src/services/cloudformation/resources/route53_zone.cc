// AWS::Route53::HostedZone and HealthCheck.
#include "services/cloudformation/resources/route53.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

std::string bare(std::string id) { return id.substr(id.rfind('/') + 1); }

// The id of the one that was made with the caller reference; empty: none was.
Task<std::string> find_by_reference(HandlerContext& context, std::string operation,
                                    std::string_view member, std::string reference) {
  std::string marker;
  do {
    json::object request;
    if (!marker.empty()) request["Marker"] = marker;
    json::object page = co_await context.call("route53", operation, std::move(request));
    marker = text_of(page, "NextMarker");
    const auto* items = json::find_array(page, member);
    if (items == nullptr) break;
    for (const auto& item : *items) {
      if (text_of(item.as_object(), "CallerReference") == reference) {
        co_return bare(text_of(item.as_object(), "Id"));
      }
    }
  } while (!marker.empty());
  co_return "";
}

class HostedZone final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = keep(properties, {"Name", "HostedZoneConfig"});
    const std::string reference = context.generated_name(128);
    request["CallerReference"] = reference;
    Physical physical;
    physical.attributes["CallerReference"] = reference;
    context.intend(physical);
    json::object made = co_await context.call("route53", "CreateHostedZone", std::move(request));
    if (const auto* zone = json::find_object(made, "HostedZone")) {
      physical.id = bare(text_of(*zone, "Id"));
    }
    physical.attributes = attributes(physical.id, made);
    context.claim(physical);
    co_await update_route53_tags(context, "hostedzone", physical.id, {}, properties);
    co_return physical;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended, json::object,
                                     std::set<std::string>) const override {
    const std::string id =
        co_await find_by_reference(context, "ListHostedZones", "HostedZones",
                                   json::string_or(intended.attributes, "CallerReference"));
    if (id.empty()) co_return std::nullopt;
    co_return co_await read(context, id);
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"Id", identifier}};
    json::object found = co_await context.call("route53", "GetHostedZone", std::move(request));
    std::string id = bare(std::move(identifier));
    json::object known = attributes(id, found);
    co_return Physical{std::move(id), std::move(known)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    if (differs(before, after, "HostedZoneConfig")) {
      json::object request{{"Id", physical.id}};
      if (const auto* config = json::find_object(after, "HostedZoneConfig")) {
        request["Comment"] = text_of(*config, "Comment");
      }
      co_await context.call("route53", "UpdateHostedZoneComment", std::move(request));
    }
    co_await update_route53_tags(context, "hostedzone", physical.id, before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"Id", physical.id}};
    co_await context.call("route53", "DeleteHostedZone", std::move(request));
  }

 private:
  static json::object attributes(const std::string& id, const json::object& answer) {
    json::object known{{"Id", id}};
    const auto* set = json::find_object(answer, "DelegationSet");
    const auto* servers = set == nullptr ? nullptr : json::find_array(*set, "NameServers");
    if (servers != nullptr) known["NameServers"] = *servers;
    return known;
  }
};

class HealthCheck final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = keep(properties, {"HealthCheckConfig"});
    const std::string reference = context.generated_name(64);
    request["CallerReference"] = reference;
    Physical physical;
    physical.attributes["CallerReference"] = reference;
    context.intend(physical);
    json::object made = co_await context.call("route53", "CreateHealthCheck", std::move(request));
    if (const auto* check = json::find_object(made, "HealthCheck")) {
      physical.id = text_of(*check, "Id");
    }
    physical.attributes = {{"HealthCheckId", physical.id}};
    context.claim(physical);
    co_await update_route53_tags(context, "healthcheck", physical.id, {}, properties);
    co_return physical;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended, json::object,
                                     std::set<std::string>) const override {
    const std::string id =
        co_await find_by_reference(context, "ListHealthChecks", "HealthChecks",
                                   json::string_or(intended.attributes, "CallerReference"));
    if (id.empty()) co_return std::nullopt;
    co_return co_await read(context, id);
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"HealthCheckId", identifier}};
    co_await context.call("route53", "GetHealthCheck", std::move(request));
    json::object attributes{{"HealthCheckId", identifier}};
    co_return Physical{std::move(identifier), std::move(attributes)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    if (differs(before, after, "HealthCheckConfig")) {
      json::object request = changes(*json::find_object(before, "HealthCheckConfig"),
                                     *json::find_object(after, "HealthCheckConfig"));
      request["HealthCheckId"] = physical.id;
      co_await context.call("route53", "UpdateHealthCheck", std::move(request));
    }
    co_await update_route53_tags(context, "healthcheck", physical.id, before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"HealthCheckId", physical.id}};
    co_await context.call("route53", "DeleteHealthCheck", std::move(request));
  }

 private:
  // What is given is set; what is no longer given goes back to Route 53's default, where the API
  // has a way to say so.
  static json::object changes(const json::object& before, const json::object& after) {
    json::object request;
    for (const auto& member : after) {
      const std::string_view name = member.key();
      const bool fixed = name == "Type" || name == "RequestInterval" || name == "MeasureLatency";
      if (!fixed && differs(before, after, name)) request[name] = member.value();
    }
    json::array reset;
    for (const auto& member : before) {
      const std::string_view name = member.key();
      if (after.contains(name)) continue;
      if (name == "FailureThreshold") request[name] = 3;
      if (name == "Inverted" || name == "Disabled") request[name] = false;
      if (name == "ResourcePath" || name == "FullyQualifiedDomainName" || name == "Regions" ||
          name == "ChildHealthChecks") {
        reset.push_back(json::string(name));
      }
    }
    if (!reset.empty()) request["ResetElements"] = std::move(reset);
    return request;
  }
};

}  // namespace

ResourceType route53_hosted_zone() {
  return importable_by(
      "Id", declare("AWS::Route53::HostedZone", {.serves = "HostedZoneConfig HostedZoneTags Name"},
                    {"Id", "NameServers"}, "", std::make_unique<HostedZone>()));
}

ResourceType route53_health_check() {
  return importable_by("HealthCheckId",
                       declare("AWS::Route53::HealthCheck",
                               {.serves = "HealthCheckConfig HealthCheckTags",
                                .refuses = "HealthCheckConfig/RoutingControlArn"},
                               {"HealthCheckId"}, "", std::make_unique<HealthCheck>()));
}

}  // namespace tandem::cloudformation
