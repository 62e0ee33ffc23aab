// The services of a process beside their API models: which row answers which operation.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/model.h"
#include "aws/query_codec.h"
#include "aws/routes.h"
#include "core/json.h"
#include "service/call_metrics.h"
#include "service/service.h"

namespace tandem::service {

/// One operation: the model's side and the service's.
struct Row {
  aws::model::Operation model;
  const Operation* operation;
  CallStats stats;

  bool accepts(std::string_view member) const;
  /// The one value of a member that is taken: "STANDARD", "false".
  std::optional<std::string_view> only_value(std::string_view member) const;
};

class Registered {
 public:
  /// A service without a model, or with a row the model does not know, is a broken program: CHECK.
  explicit Registered(Service& service);

  Service& service() const { return service_; }
  const aws::model::Service& model() const { return model_; }
  /// Throws ApiError: the operation is absent here, or unknown to AWS too.
  Row& row(std::string_view operation);
  Row& row(const aws::model::Operation& operation) { return row(operation.name()); }
  const std::vector<std::unique_ptr<Row>>& rows() const { return rows_; }
  /// REST services only; made on first use, on whichever thread that is.
  const aws::RouteTable& routes();

 private:
  Service& service_;
  aws::model::Service model_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::unordered_map<std::string_view, Row*> by_name_;
  std::once_flag routes_wanted_;
  std::optional<aws::RouteTable> routes_;
};

/// What a request was found to mean.
struct Call {
  Row* row = nullptr;
  aws::PathLabels labels;
  aws::FormFields form;
};
/// Finds the operation by the service's protocol. target is the request's, after S3's
/// virtual-hosted bucket was put into the path. Throws ApiError.
Call find_call(Registered& service, const net::HttpRequest& request);

/// {"PutItem": {"status": "implemented"}, "Query": {"status": "partial", "missing": ["…"]},
///  "ExportTable…": {"status": "absent"}, "CreateGlobalTable": {"status": "refused"}}.
json::object coverage_of(const Registered& service);
/// Adds the manifests of services behind this one's names that are not served at all.
void add_absent_services(const aws::model::Service& service, json::object& services);

}  // namespace tandem::service
