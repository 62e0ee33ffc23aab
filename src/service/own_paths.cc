#include "service/own_paths.h"

#include "aws/error.h"
#include "aws/sigv4.h"
#include "core/json.h"

namespace tandem::service {
namespace {

constexpr std::string_view kRegion = "local";
constexpr std::string_view kService = "tandem";

bool is_signed(const net::HttpRequest& request, const Credentials& root, std::int64_t now_s) {
  try {
    const auto authorization = aws::parse_authorization(request);
    if (!authorization || authorization->presigned()) return false;
    const aws::CredentialScope& scope = authorization->scope;
    // A request that was signed for AWS is no leave for another thing.
    if (scope.access_key_id != root.access_key_id || scope.service != kService) return false;
    aws::SigningKeys keys;
    aws::verify_signature(request, *authorization, root.secret_access_key, keys, now_s);
    return true;
  } catch (const aws::ApiError&) {
    return false;
  }
}

}  // namespace

OwnPaths own_paths_of(const RegionSettings& settings) {
  return settings.function_network == sandbox::Network::kHost ? OwnPaths::kSigned : OwnPaths::kOpen;
}

void sign_own_path(net::HttpRequest& request, const std::string& host, const Credentials& root,
                   std::int64_t now_s) {
  if (!request.headers.contains("Host")) request.headers.set("Host", host);
  aws::SigningKeys keys;
  aws::sign_request(request, {root.access_key_id, root.secret_access_key, ""}, kRegion, kService,
                    now_s, keys);
}

bool may_use_own_path(const net::HttpRequest& request, OwnPaths paths, const Credentials& root,
                      std::int64_t now_s) {
  if (paths == OwnPaths::kOpen) return true;
  // Commands of other folders ask it, too, to say who has the port.
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (get && request.path() == "/_tandem/health") return true;
  // What was meant for one process is no leave at another: its Host is signed, too.
  return request.host() == request.connection.local_address && is_signed(request, root, now_s);
}

net::HttpResponse own_path_refusal() {
  net::HttpResponse response;
  response.status = 403;
  response.headers.set("Content-Type", "application/json");
  response.body = json::to_text(json::object{
                      {"message",
                       "functions.network is host: Tandem's own paths answer requests that are "
                       "signed with the root key, for the service tandem in the region local"}}) +
                  "\n";
  return response;
}

}  // namespace tandem::service
