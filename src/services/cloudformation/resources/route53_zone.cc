// AWS::Route53::HostedZone and HealthCheck.
#include "services/cloudformation/resources/route53.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

std::string bare(std::string id) { return id.substr(id.rfind('/') + 1); }

class HostedZone final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = keep(properties, {"Name", "HostedZoneConfig"});
    request["CallerReference"] = context.generated_name(128);
    json::object made = co_await context.call("route53", "CreateHostedZone", std::move(request));
    Physical physical;
    if (const auto* zone = json::find_object(made, "HostedZone")) {
      physical.id = bare(text_of(*zone, "Id"));
    }
    physical.attributes["Id"] = physical.id;
    if (const auto* set = json::find_object(made, "DelegationSet")) {
      if (const auto* servers = json::find_array(*set, "NameServers")) {
        physical.attributes["NameServers"] = *servers;
      }
    }
    context.claim(physical);
    co_await update_route53_tags(context, "hostedzone", physical.id, {}, properties);
    co_return physical;
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
};

class HealthCheck final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = keep(properties, {"HealthCheckConfig"});
    request["CallerReference"] = context.generated_name(64);
    json::object made = co_await context.call("route53", "CreateHealthCheck", std::move(request));
    Physical physical;
    if (const auto* check = json::find_object(made, "HealthCheck")) {
      physical.id = text_of(*check, "Id");
    }
    physical.attributes["HealthCheckId"] = physical.id;
    context.claim(physical);
    co_await update_route53_tags(context, "healthcheck", physical.id, {}, properties);
    co_return physical;
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
  return declare("AWS::Route53::HostedZone",
                 "HostedZoneConfig : {Comment : string}; -HostedZoneFeatures;"
                 "HostedZoneTags : [{Key! : string; Value! : string}]; Name!^ : string;"
                 "-QueryLoggingConfig; -VPCs",
                 {"Id", "NameServers"}, "", std::make_unique<HostedZone>());
}

ResourceType route53_health_check() {
  return declare(
      "AWS::Route53::HealthCheck",
      "HealthCheckConfig! : {AlarmIdentifier : {Name! : string; Region! : string};"
      "ChildHealthChecks : [string]; Disabled : boolean; EnableSNI : boolean;"
      "FailureThreshold : integer; FullyQualifiedDomainName : string; HealthThreshold : integer;"
      "IPAddress : string; InsufficientDataHealthStatus : string; Inverted : boolean;"
      "MeasureLatency^ : boolean; Port : integer; Regions : [string];"
      "RequestInterval^ : integer; ResourcePath : string; -RoutingControlArn;"
      "SearchString : string; Type!^ : string};"
      "HealthCheckTags : [{Key! : string; Value! : string}]",
      {"HealthCheckId"}, "", std::make_unique<HealthCheck>());
}

}  // namespace tandem::cloudformation
