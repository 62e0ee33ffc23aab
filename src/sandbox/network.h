// What of the network a confined process reaches.
#pragma once

#include <optional>
#include <string_view>

namespace tandem::sandbox {

enum class Network {
  kIsolated,  ///< a network of its own, with the doors it is given and nothing else
  kOutbound,  ///< that, and a way out to the world; the host's loopback stays out of reach
  kHost,      ///< the host's network, loopback and all: unsafe
};

constexpr std::string_view network_name(Network network) {
  switch (network) {
    case Network::kIsolated:
      return "isolated";
    case Network::kOutbound:
      return "outbound";
    case Network::kHost:
      break;
  }
  return "host";
}

constexpr std::optional<Network> parse_network(std::string_view name) {
  for (const Network each : {Network::kIsolated, Network::kOutbound, Network::kHost}) {
    if (network_name(each) == name) return each;
  }
  return std::nullopt;
}

}  // namespace tandem::sandbox
