// The Prober of the real network, and what Route 53 says about what it saw.
#pragma once

#include <memory>
#include <utility>

#include "net/endpoint_probe.h"
#include "services/route53/ports.h"

namespace tandem::route53 {

inline constexpr std::size_t kSearchedBytes = 5'120;

class NetworkProber final : public Prober {
 public:
  explicit NetworkProber(std::unique_ptr<net::EndpointProber> prober)
      : prober_(std::move(prober)) {}
  Task<ProbeResult> probe(ProbeRequest request) override;

 private:
  std::unique_ptr<net::EndpointProber> prober_;
};

/// 2xx and 3xx are healthy; redirects are not followed.
ProbeResult judge(const net::EndpointSight& seen, const ProbeRequest& request);

}  // namespace tandem::route53
