// What Route 53 needs from outside: somebody who looks at an endpoint, and who knows alarms.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/task.h"

namespace tandem::route53 {

struct ProbeRequest {
  std::string address;  ///< IP address
  std::uint16_t port = 0;
  bool http = false;  ///< otherwise connecting is all
  bool tls = false;
  std::string server_name;  ///< SNI; empty: none
  std::string host;         ///< Host header
  std::string path;
  std::string user_agent;
  std::string search_string;  ///< must lie within the first 5,120 bytes of the body; empty: none
  std::chrono::milliseconds connect_timeout{4'000};
  std::chrono::milliseconds response_timeout{2'000};
  std::chrono::milliseconds body_timeout{2'000};
};

struct ProbeResult {
  bool success = false;
  std::string status;  ///< "Success: HTTP Status Code 200, OK"
  bool keeps = false;  ///< nothing was learnt: what was known last stays
};

class Prober {
 public:
  virtual ~Prober() = default;
  /// Throws only when cancelled.
  virtual Task<ProbeResult> probe(ProbeRequest request) = 0;
};

class Alarms {
 public:
  virtual ~Alarms() = default;
  /// Whether the alarm is in the state OK, and not ALARM, as its region says. Nothing without
  /// enough data, of one that is not there, and when its region does not answer. Throws only when
  /// cancelled.
  virtual Task<std::optional<bool>> is_ok(std::string region, std::string name) = 0;
};

struct Route53Ports {
  Prober& prober;
  Alarms* alarms = nullptr;  ///< without it checks on alarms are refused by name
};

}  // namespace tandem::route53
