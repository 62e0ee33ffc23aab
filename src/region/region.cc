#include "region/region.h"

#include <fmt/format.h>

#include "core/files.h"
#include "core/log.h"
#include "region/build_rooms.h"
#include "region/gateway_calls.h"
#include "region/git_host.h"
#include "region/heard_roles.h"
#include "region/inside_network.h"
#include "region/object_files.h"
#include "region/wiring.h"
#include "service/endpoints.h"
#include "service/global_services.h"
#include "service/lives.h"
#include "service/names.h"
#include "service/node.h"
#include "service/process.h"
#include "service/remote_api.h"
#include "services/apigateway/service.h"
#include "services/autoscaling/service.h"
#include "services/cloudformation/service.h"
#include "services/cloudwatch/service.h"
#include "services/codebuild/service.h"
#include "services/codepipeline/service.h"
#include "services/dynamodb/service.h"
#include "services/ecr/service.h"
#include "services/events/service.h"
#include "services/s3/names/client.h"
#include "services/s3/names/rows.h"
#include "services/sts/regional.h"

namespace tandem::region {

namespace {

/// Who answers what this process does not: the region itself, which needs no `global`, or `global`,
/// which says so of a region that there is not.
net::HttpTarget target_of(const aws::ApiCall& call, const service::Config& config) {
  const auto* region =
      service::is_global_service(call.service) ? nullptr : config.find_region(call.region);
  if (region != nullptr) return {.address = region->address, .port = config.ports.http};
  return {.address = config.global_address, .port = config.ports.endpoint};
}

/// Whether the region of that name answers the call itself.
bool is_own(const aws::ApiCall& call, const std::string& name) {
  return !service::is_global_service(call.service) && (call.region.empty() || call.region == name);
}

/// Where the region is reached by those who were given a URL of it.
std::string base_of(const service::Node::Options& node, const service::Config& config) {
  return fmt::format("http://{}:{}/", node.address, config.ports.http);
}

bool is_service_bucket(std::string_view bucket) {
  return cloudformation::CloudFormationService::owns_bucket(bucket) ||
         lambda::LambdaService::owns_bucket(bucket);
}

/// A function without a way to the world is not to ask the world for names either.
std::vector<std::string> resolvers_of_functions(const service::RegionSettings& settings) {
  if (settings.function_network != sandbox::Network::kOutbound) return {};
  return service::resolvers_in(core::find_file("/etc/resolv.conf").value_or(""));
}

}  // namespace

/// In order of dependence.
struct Region::Services {
  Services(const service::World& world, service::Config& config,
           const service::RegionSettings& settings, const service::Node::Options& node,
           lambda::ProgramRunner* programs)
      : node_(world, config, node),
        elsewhere_(
            node_.http_client(),
            [&config](const aws::ApiCall& call) { return target_of(call, config); },
            {config.credentials.access_key_id, config.credentials.secret_access_key, ""},
            world.clock, "cloudformation.amazonaws.com"),
        api_([name = node.name](const aws::ApiCall& call) { return is_own(call, name); },
             node_.dispatcher().api(), elsewhere_),
        roles_(node_),
        logs_(node_.environment("logs")),
        cloudwatch_(node_.environment("cloudwatch"), {alarm_functions_, &alarm_policies_}),
        to_regions_(
            node_.http_client(),
            [&config](const aws::ApiCall& call) {
              const service::RegionAddress* region = config.find_region(call.region);
              return net::HttpTarget{.address = region != nullptr ? region->address : "",
                                     .port = config.ports.http};
            },
            {config.credentials.access_key_id, config.credentials.secret_access_key, ""},
            world.clock),
        bucket_names_(node.name, {node_.http_client(), world.clock, config}, to_regions_,
                      is_service_bucket),
        s3_(node_.environment("s3"), &bucket_names_),
        acm_(node_.environment("acm"), node_.ca()),
        dynamodb_(node_.environment("dynamodb"), world.network, to_regions_, settings.capacity),
        function_logs_(logs_),
        function_code_(s3_),
        function_network_(
            node_, node.name, resolvers_of_functions(settings),
            [this](net::HttpRequest request) { return serve_function(std::move(request)); }),
        lambda_(node_.environment("lambda"), node_.keys(),
                {.logs = function_logs_,
                 .objects = function_code_,
                 .roles = roles_,
                 .ca_pem = config.state_folder / "ca" / "ca.pem",
                 .network = &function_network_,
                 .reach = settings.function_network,
                 .events = &function_events_,
                 .programs = programs,
                 .runtimes = {.root = settings.function_root,
                              .programs = settings.runtimes,
                              .modules = settings.modules},
                 .download_base = base_of(node, config)}),
        event_functions_(lambda_),
        event_logs_(logs_),
        events_(node_.environment("events"), {event_functions_, event_logs_, api_}),
        gateway_functions_(lambda_),
        gateway_certificates_(acm_),
        listener_tls_(node_.tls()),
        gateway_endpoints_(node_, settings.integration_network),
        gateway_services_(node_, roles_),
        apigateway_(node_.environment("apigateway"),
                    {gateway_functions_, gateway_certificates_, listener_tls_, gateway_endpoints_,
                     gateway_services_}),
        domain_certificates_(apigateway_),
        cloudformation_(node_.environment("cloudformation"), api_,
                        {.roles = roles_, .response_base = base_of(node, config)}),
        build_logs_(logs_),
        build_rooms_(node_, function_network_),
        object_files_(node.name, node_.dispatcher(), to_regions_, world.workers),
        codebuild_(node_.environment("codebuild"), node_.keys(),
                   {.logs = build_logs_,
                    .rooms = build_rooms_,
                    .objects = object_files_,
                    .roles = roles_,
                    .slow = build_files_}),
        pipelines_elsewhere_(
            node_.http_client(),
            [&config](const aws::ApiCall& call) { return target_of(call, config); },
            {config.credentials.access_key_id, config.credentials.secret_access_key, ""},
            world.clock, "codepipeline.amazonaws.com"),
        pipelines_api_([name = node.name](const aws::ApiCall& call) { return is_own(call, name); },
                       node_.dispatcher().api(), pipelines_elsewhere_),
        git_host_(world.workers, world.random, config.state_folder / node.name / "git",
                  settings.git_host),
        pipeline_events_(events_),
        codepipeline_(node_.environment("codepipeline"),
                      {pipelines_api_, object_files_, roles_, git_host_, pipeline_events_}),
        ecr_(node_.environment("ecr")),
        scaling_elsewhere_(
            node_.http_client(),
            [&config](const aws::ApiCall& call) { return target_of(call, config); },
            {config.credentials.access_key_id, config.credentials.secret_access_key, ""},
            world.clock, "application-autoscaling.amazonaws.com"),
        scaling_api_([name = node.name](const aws::ApiCall& call) { return is_own(call, name); },
                     node_.dispatcher().api(), scaling_elsewhere_),
        autoscaling_(node_.environment("autoscaling"), {.api = scaling_api_}),
        callers_(*node_.identities()),
        sts_(node_.environment("sts"), callers_) {
    acm_.set_users(domain_certificates_);
    function_events_.set(events_);
    alarm_functions_.set(lambda_);
    alarm_policies_.set(autoscaling_);
    dynamodb_.set_scaled(
        [this](std::string_view table) { return autoscaling_.scales_writes(table); });
    git_host_.start();
    for (service::Service* service : std::initializer_list<service::Service*>{
             &logs_, &s3_, &acm_, &dynamodb_, &lambda_, &events_, &apigateway_, &cloudformation_,
             &codebuild_, &codepipeline_, &ecr_, &autoscaling_, &sts_, &cloudwatch_}) {
      node_.add(*service);
    }
    for (auto& row : s3::holder_rows(s3_)) node_.add_row(std::move(row));
    node_.dispatcher().also_cover("resourceTypes",
                                  [this] { return cloudformation_.resource_type_coverage(); });
    node_.metrics().add([this](core::MetricSet& metrics) {
      dynamodb_.describe_metrics(metrics);
      codebuild_.describe_metrics(metrics);
      codepipeline_.describe_metrics(metrics);
      events_.describe_metrics(metrics);
    });
    node_.add_trouble("code", [this] { return lambda_.code_damage(); });
    node_.add_row({"POST", "/_tandem/capacity-plan",
                   [](net::HttpRequest request, std::string) { return plan(std::move(request)); }});
    node_.add_document("/_tandem/replicas", [this] { return dynamodb_.replicas(); });
    node_.add_document("/_tandem/conflicts", [this] { return dynamodb_.conflicts(); });
    node_.set_links(
        {.list = [this] { return dynamodb_.links(); },
         .set = [this](std::string_view peer,
                       const json::object& link) { return dynamodb_.set_link(peer, link); },
         .rebuild = [this] { return dynamodb_.rebuild(); },
         .clock_refusal = [this] { return dynamodb_.clock_refusal(); }});
    node_.on_regions_changed([this] {
      dynamodb_.regions_changed();
      function_network_.regions_changed();
    });
    node_.tls().set_default(node_.ca().issue(
        {fmt::format("*.execute-api.{}.amazonaws.com", node.name),
         fmt::format("*.lambda-url.{}.on.aws", node.name),
         fmt::format("*.{}.amazonaws.com", node.name), "*.amazonaws.com", node.address}));
    node_.set_data_plane([this](const net::HttpRequest& head) {
      return is_application(head.host()) || cloudformation_.serves(head);
    });
    node_.set_front([this](net::HttpRequest& request) { return take(request); });
  }

  /// What capacity regions need, from their loads: docs/tandem-endpoints.md.
  static Task<net::HttpResponse> plan(net::HttpRequest request) {
    const auto asked = json::parse_text(request.body);
    if (!asked || !asked.value().is_object()) {
      co_return service::message_answer(400, "the body is a JSON object");
    }
    try {
      co_return service::json_answer(
          200, autoscaling::AutoscalingService::capacity_plan(asked.value().as_object()));
    } catch (const std::invalid_argument& error) {
      co_return service::message_answer(400, error.what());
    }
  }

  /// What applications are called by, and not AWS's API.
  bool is_application(std::string_view host) const {
    return apigateway_.serves(host) || lambda_.serves_url(host);
  }

  /// The data plane's hosts are API Gateway's and function URLs', whatever their paths, and some
  /// buckets are CloudFormation's and Lambda's own; everything else is the AWS API's.
  std::optional<Task<net::HttpResponse>> take(net::HttpRequest& request) {
    if (lambda_.serves_url(request.host())) return lambda_.serve_url(std::move(request));
    if (apigateway_.serves(request.host())) return apigateway_.serve(std::move(request));
    if (cloudformation_.serves(request)) return cloudformation_.serve(std::move(request));
    if (lambda_.serves_download(request)) return lambda_.serve_download(std::move(request));
    return std::nullopt;
  }

  /// What a function asks of its own region: never Tandem's own paths.
  Task<net::HttpResponse> serve_function(net::HttpRequest request) {
    if (auto taken = take(request)) return std::move(*taken);
    return node_.dispatcher().handle(std::move(request));
  }

  service::Node node_;
  service::RemoteApi elsewhere_;
  service::CompositeApi api_;
  HeardRoles roles_;
  logs::LogsService logs_;
  AlarmFunctions alarm_functions_;
  AlarmPolicies alarm_policies_;
  cloudwatch::CloudWatchService cloudwatch_;
  service::RemoteApi to_regions_;
  s3::NamesOfOthers bucket_names_;
  s3::S3Service s3_;
  acm::AcmService acm_;
  dynamodb::DynamoDbService dynamodb_;
  FunctionLogs function_logs_;
  FunctionCode function_code_;
  FunctionEvents function_events_;
  InsideNetwork function_network_;
  lambda::LambdaService lambda_;
  EventFunctions event_functions_;
  EventLogs event_logs_;
  events::EventsService events_;
  GatewayFunctions gateway_functions_;
  GatewayCertificates gateway_certificates_;
  ListenerTls listener_tls_;
  GatewayEndpoints gateway_endpoints_;
  GatewayServices gateway_services_;
  apigateway::ApiGatewayService apigateway_;
  DomainCertificates domain_certificates_;
  cloudformation::CloudFormationService cloudformation_;
  BuildLogs build_logs_;
  RegionBuildRooms build_rooms_;
  RegionObjectFiles object_files_;
  core::WorkersOnDemand build_files_{2};
  codebuild::CodeBuildService codebuild_;
  service::RemoteApi pipelines_elsewhere_;
  service::CompositeApi pipelines_api_;
  PipelineGitHost git_host_;
  PipelineEvents pipeline_events_;
  codepipeline::CodePipelineService codepipeline_;
  ecr::EcrService ecr_;
  service::RemoteApi scaling_elsewhere_;
  service::CompositeApi scaling_api_;
  autoscaling::AutoscalingService autoscaling_;
  HeardCallers callers_;
  sts::RegionalSts sts_;
};

Region::Region(const service::World& world, service::Config& config,
               const service::RegionSettings& settings, const service::Node::Options& node,
               lambda::ProgramRunner* programs)
    : services_(std::make_unique<Services>(world, config, settings, node, programs)) {}

Region::~Region() = default;

service::Node& Region::node() { return services_->node_; }

service::Node::Options node_options(const service::Config& config,
                                    const service::RegionSettings& settings,
                                    const std::string& name) {
  const service::RegionAddress* self = config.find_region(name);
  if (self == nullptr) throw std::runtime_error("the configuration has no region " + name);
  return {.name = self->name,
          .region = self->name,
          .address = self->address,
          .http_ports = {config.ports.http},
          .https_ports = {config.ports.https},
          .own_paths = service::own_paths_of(settings)};
}

int run_region(service::Config& config, const service::RegionSettings& settings,
               const service::Node::Options& node, const std::function<void()>& on_ready) {
  if (settings.function_network == sandbox::Network::kHost) {
    log::warning("{}: functions.network is host: functions reach whatever listens on this machine",
                 node.name);
  }
  const auto life = [&](const service::Node::Options& options,
                        const std::function<void()>& serving) {
    service::Process process(config, options);
    Region region(process.world(), config, settings, options);
    return process.run(region.node(), serving);
  };
  return service::run_lives(config, node, life, on_ready);
}

}  // namespace tandem::region
