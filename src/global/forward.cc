#include "global/forward.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/dialect.h"
#include "aws/error.h"
#include "aws/protocol.h"
#include "aws/unserved.h"
#include "core/log.h"
#include "core/random.h"
#include "core/text.h"
#include "service/authorise.h"
#include "service/effects.h"
#include "service/global_services.h"
#include "service/host_name.h"
#include "service/request_ids.h"

namespace tandem::global {
namespace {

/// Longer than any operation takes: an Invoke may run for 15 minutes.
constexpr std::chrono::milliseconds kTimeout{16 * 60 * 1000};

}  // namespace

std::optional<Task<net::HttpResponse>> Forwarder::take(net::HttpRequest& request) {
  if (request.path().starts_with("/_tandem/")) return std::nullopt;
  const service::Destination destination = service::destination_of(request);
  if (destination.service.empty() || service::is_global_service(destination.service)) {
    return std::nullopt;
  }
  const service::RegionAddress* region = node_.config().find_region(destination.region);
  if (region == nullptr && destination.region.empty()) region = home_of(request, destination);
  if (region == nullptr) return refuse_region(std::move(request), destination);
  return forward(std::move(request), *region, destination.service);
}

/// Links that are signed as boto3 does by default (Signature Version 2) name no region, and neither
/// do requests without a signature: "bucket.s3.amazonaws.com" leads to the bucket's region on AWS,
/// too. Everything else that comes without a region is at home in the first.
const service::RegionAddress* Forwarder::home_of(const net::HttpRequest& request,
                                                 const service::Destination& destination) const {
  const service::Config& config = node_.config();
  const service::RegionAddress* first = &config.regions.front();
  if (!aws::dialect_of(destination.service).names_in_host) return first;
  std::string bucket = service::read_host(request.host()).label;
  if (bucket.empty()) {
    std::string_view path = request.path();
    path.remove_prefix(std::min<std::size_t>(1, path.size()));
    bucket = core::percent_decode(path.substr(0, path.find('/')));
  }
  const auto name = bucket.empty() ? std::nullopt : find_bucket_(bucket);
  const service::RegionAddress* region = name ? config.find_region(*name) : nullptr;
  return region != nullptr ? region : first;
}

bool Forwarder::is_data_plane(const net::HttpRequest& head) {
  const std::string service = service::read_host(head.host()).service;
  return !head.path().starts_with("/_tandem/") &&
         (service == "execute-api" || service == "lambda-url");
}

bool Forwarder::takes_source(const net::HttpRequest& head) {
  return !head.path().starts_with("/_tandem/") &&
         aws::dialect_of(service::destination_of(head).service).source_body_mib != 0 &&
         aws::says_payload_hash(head);
}

// Keys of IAM users and sessions are kept here: verifying them first saves the region a question
// for those that it would refuse. The root's key is the regions' to verify.
void Forwarder::verify(const net::HttpRequest& request, const service::RegionAddress& region,
                       const std::string& service) {
  const auto scope = aws::peek_scope(request);
  const auto model = aws::model::find_service(service);
  const service::Config& config = node_.config();
  if (!scope || !model || scope->access_key_id == config.credentials.access_key_id) return;
  const auto& keys = node_.keys();
  if (keys.find(scope->access_key_id) == nullptr && !keys.is_dead(scope->access_key_id)) return;
  service::authorise(request, *model, keys, signing_keys_, node_.world().clock.now_s(),
                     {.region = region.name, .account = config.account},
                     service::RingIs::kComplete);
}

Task<net::HttpResponse> Forwarder::forward(net::HttpRequest request, service::RegionAddress region,
                                           std::string service) {
  try {
    verify(request, region, service);
  } catch (const aws::ApiError& error) {
    co_return refuse(request, service, error);
  }
  net::HttpTarget target{.address = region.address, .port = node_.config().ports.http};
  const bool repeatable = service::may_be_repeated(request);
  const auto repeat = repeatable ? net::HttpClient::Repeat::kYes : net::HttpClient::Repeat::kNo;
  // What an error must name. Not the body: there should be one of it in memory, or none.
  net::HttpRequest original;
  original.method = request.method;
  original.target = request.target;
  // Without a model, what an error's shape is known by.
  if (!aws::model::find_service(service)) original.headers = request.headers;
  std::optional<net::NetError> failed;
  try {
    net::HttpClient& client = node_.http_client();
    // What is read may be long. Of a write it matters more that its answer is known to be whole,
    // unless it is made while it is sent.
    Task<net::HttpResponse> asking =
        aws::dialect_of(service).source_body_mib != 0 || repeatable
            ? client.stream(std::move(target), std::move(request), kTimeout, repeat)
            : client.send_open(std::move(target), std::move(request), kTimeout, repeat);
    net::HttpResponse response = co_await std::move(asking);
    co_return response;
  } catch (const net::NetError& error) {
    failed = error;
  }
  log::warning("{} in {} cannot be reached: {}", service, region.name, failed->message);
  if (failed->sent && !repeatable) {
    co_return refuse(
        original, service,
        aws::ApiError(424, std::string(service::kOutcomeUnknown),
                      fmt::format("The request was sent to {} in {} once and not answered ({}). It "
                                  "may have been carried out.",
                                  service, region.name, failed->message)));
  }
  co_return refuse(original, service,
                   aws::ApiError(503, "ServiceUnavailable",
                                 fmt::format("{} in {} cannot be reached: {}", service, region.name,
                                             failed->message)));
}

/// AWS's tools have a region from anywhere: the answer must say where those of this world are set.
Task<net::HttpResponse> Forwarder::refuse_region(net::HttpRequest request,
                                                 service::Destination asked) {
  std::string here;
  for (const auto& region : node_.config().regions) {
    here += (here.empty() ? "" : ", ") + region.name;
  }
  const auto model = aws::model::find_service(asked.service);
  const bool xml = model && (model->protocol() == aws::model::Protocol::kRestXml ||
                             model->protocol() == aws::model::Protocol::kQuery);
  // 400, which no SDK repeats: as an operation that is not there (service/service_errors.cc).
  co_return refuse(
      request, asked.service,
      aws::ApiError(
          400, xml ? "NotImplemented" : "NotImplementedException",
          fmt::format("The region {} is not one of this world, which has {}: ask one of "
                      "them, or add it to 'regions' in the tandem.yaml of {} and run "
                      "'tandem up'.",
                      asked.region, here, node_.config().state_folder.parent_path().string())));
}

net::HttpResponse Forwarder::refuse(const net::HttpRequest& request, const std::string& service,
                                    const aws::ApiError& error) {
  const std::string request_id = service::make_request_id(service, node_.world().random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(service);
  if (!place.service) return aws::encode_unserved_error(request, service, request_id, error);
  place.protocol = place.service->protocol();
  place.request_id = request_id;
  place.method = request.method;
  place.resource = request.path();
  return aws::encode_error(place, error);
}

}  // namespace tandem::global
