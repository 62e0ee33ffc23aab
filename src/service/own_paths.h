// Who may use Tandem's own paths. Where functions share the host's network, whoever reaches them
// may be a function, and a command shows who it is: it signs its request with the world's root key,
// which is in .tandem/config.json and out of every function's sight.
#pragma once

#include <cstdint>

#include "net/http.h"
#include "service/config.h"
#include "service/region_settings.h"

namespace tandem::service {

enum class OwnPaths {
  kOpen,   ///< to all who reach them
  kSigned  ///< but for GET /_tandem/health
};

OwnPaths own_paths_of(const RegionSettings& settings);

/// Adds Host, where it is missing, and a signature that holds for this request for 15 minutes.
void sign_own_path(net::HttpRequest& request, const std::string& host, const Credentials& root,
                   std::int64_t now_s);

/// Whether a request for one of Tandem's own paths is to be answered.
bool may_use_own_path(const net::HttpRequest& request, OwnPaths paths, const Credentials& root,
                      std::int64_t now_s);

/// 403, with what to do.
net::HttpResponse own_path_refusal();

}  // namespace tandem::service
