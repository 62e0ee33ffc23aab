// Which service stands behind which port of another, inside one region.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "service/identity_plane.h"
#include "services/acm/ports.h"
#include "services/acm/service.h"
#include "services/apigateway/ports.h"
#include "services/apigateway/service.h"
#include "services/autoscaling/service.h"
#include "services/cloudwatch/ports.h"
#include "services/codebuild/ports.h"
#include "services/codepipeline/ports.h"
#include "services/events/ports.h"
#include "services/events/service.h"
#include "services/lambda/ports.h"
#include "services/lambda/service.h"
#include "services/logs/service.h"
#include "services/s3/service.h"
#include "services/sts/ports.h"

namespace tandem::region {

/// Functions' log lines go to CloudWatch Logs.
class FunctionLogs final : public lambda::LogSink {
 public:
  explicit FunctionLogs(logs::LogsService& logs) : logs_(logs) {}
  void write(std::string_view group, std::string_view stream,
             std::vector<lambda::LogLine> lines) override;

 private:
  logs::LogsService& logs_;
};

/// So do builds'.
class BuildLogs final : public codebuild::LogSink {
 public:
  explicit BuildLogs(logs::LogsService& logs) : logs_(logs) {}
  void write(std::string_view group, std::string_view stream,
             std::vector<codebuild::LogLine> lines) override;

 private:
  logs::LogsService& logs_;
};

/// What became of asynchronous invocations is told to EventBridge's default bus.
class FunctionEvents final : public lambda::EventBus {
 public:
  /// EventBridge is made after Lambda, which it invokes. To be called before either is started.
  void set(events::EventsService& events) { events_ = &events; }
  void put(json::object event) override { events_->put(std::move(event)); }

 private:
  events::EventsService* events_ = nullptr;
};

/// Code packages come from S3.
class FunctionCode final : public lambda::ObjectSource {
 public:
  explicit FunctionCode(s3::S3Service& objects) : objects_(objects) {}
  Task<std::string> read_object(std::string bucket, std::string key, std::string version) override;

 private:
  s3::S3Service& objects_;
};

/// EventBridge invokes functions as events.amazonaws.com, and does not wait for them.
class EventFunctions final : public events::FunctionTargets {
 public:
  explicit EventFunctions(lambda::LambdaService& functions) : functions_(functions) {}
  Answer invoke_later(const std::string& function_arn, std::string payload,
                      std::string rule_arn) override;

 private:
  lambda::LambdaService& functions_;
};

/// Alarms invoke functions as lambda.alarms.cloudwatch.amazonaws.com, and do not wait for them.
class AlarmFunctions final : public cloudwatch::FunctionActions {
 public:
  /// Lambda is made after CloudWatch, which it tells its metrics. To be called before either is
  /// started.
  void set(lambda::LambdaService& functions) { functions_ = &functions; }
  Answer invoke_later(const std::string& function_arn, std::string payload,
                      std::string alarm_arn) override;

 private:
  lambda::LambdaService* functions_ = nullptr;
};

/// Alarms set scaling policies off.
class AlarmPolicies final : public cloudwatch::ScalingPolicies {
 public:
  /// Application Auto Scaling is made after CloudWatch. To be called before either is started.
  void set(autoscaling::AutoscalingService& scaling) { scaling_ = &scaling; }
  Task<std::optional<std::string>> alarm_fired(Fired fired) override;

 private:
  autoscaling::AutoscalingService* scaling_ = nullptr;
};

/// Log groups that are there take events.
class EventLogs final : public events::LogTargets {
 public:
  explicit EventLogs(logs::LogsService& logs) : logs_(logs) {}
  bool append(std::string_view group, std::string_view stream, std::int64_t timestamp_ms,
              std::string message) override;

 private:
  logs::LogsService& logs_;
};

/// API Gateway invokes functions as apigateway.amazonaws.com.
class GatewayFunctions final : public apigateway::FunctionInvoker {
 public:
  explicit GatewayFunctions(lambda::LambdaService& functions) : functions_(functions) {}
  Task<apigateway::InvokeResult> invoke(std::string function_arn, std::string payload,
                                        std::string source_arn,
                                        std::chrono::milliseconds timeout) override;
  apigateway::InvokeResult::Outcome invoke_later(const std::string& function_arn,
                                                 std::string payload,
                                                 std::string source_arn) override;

 private:
  lambda::LambdaService& functions_;
};

/// Custom domains take their certificates from ACM.
class GatewayCertificates final : public apigateway::CertificateStore {
 public:
  explicit GatewayCertificates(acm::AcmService& certificates) : certificates_(certificates) {}
  std::optional<apigateway::StoredCertificate> find(std::string_view arn) const override;

 private:
  acm::AcmService& certificates_;
};

/// Custom domains are what uses certificates.
class DomainCertificates final : public acm::CertificateUsers {
 public:
  explicit DomainCertificates(apigateway::ApiGatewayService& domains) : domains_(domains) {}
  std::vector<std::string> users_of(std::string_view arn) const override {
    return domains_.domains_using(arn);
  }
  void certificate_changed(std::string_view arn) override { domains_.certificate_changed(arn); }

 private:
  apigateway::ApiGatewayService& domains_;
};

/// Who calls a region, by its copy of the identities.
class HeardCallers final : public sts::Callers {
 public:
  explicit HeardCallers(const service::IdentityPlane& heard) : heard_(heard) {}
  std::optional<std::string> find_user_id(std::string_view access_key_id,
                                          std::string_view arn) const override;

 private:
  const service::IdentityPlane& heard_;
};

/// What becomes of pipelines' executions is told to EventBridge's default bus.
class PipelineEvents final : public codepipeline::EventSink {
 public:
  explicit PipelineEvents(events::EventsService& events) : events_(events) {}
  void put(json::object event) override;

 private:
  events::EventsService& events_;
};

class ListenerTls final : public apigateway::TlsSink {
 public:
  explicit ListenerTls(net::ServerTls& tls) : tls_(tls) {}
  void set(std::string_view name, const net::Certificate& certificate) override {
    tls_.set(name, certificate);
  }
  void erase(std::string_view name) override { tls_.erase(name); }

 private:
  net::ServerTls& tls_;
};

}  // namespace tandem::region
