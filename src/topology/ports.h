// Choosing ports: the standard ones when we may and they are free, else unprivileged ones, else
// the next that is free, saying so. Private to topology/.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::topology {

enum class Transport { kTcp, kTcpAndUdp };

class PortChooser {
 public:
  PortChooser(bool may_use_privileged, std::function<void(std::string_view)> note)
      : privileged_(may_use_privileged), note_(std::move(note)) {}

  /// Throws LocalError when a port that the topology names cannot be had. Reserves it.
  void require(std::string_view name, const std::vector<std::string>& addresses,
               Transport transport, std::uint16_t port);
  /// Is for something else already.
  void reserve(std::uint16_t port) { reserved_.insert(port); }

  /// A port that is free on every address and not chosen before. kept (0: none), the one that was
  /// used until now, is tried first, without a word when it works; another one is said, since tools
  /// have been told of the old; standard (0: none) is the privileged port, ordinary the one
  /// without privileges.
  std::uint16_t choose(std::string_view name, const std::vector<std::string>& addresses,
                       Transport transport, std::uint16_t kept, std::uint16_t standard,
                       std::uint16_t ordinary);

 private:
  std::string taken_on(const std::vector<std::string>& addresses, std::uint16_t port,
                       Transport transport) const;

  bool privileged_;
  std::set<std::uint16_t> reserved_;
  std::function<void(std::string_view)> note_;
};

}  // namespace tandem::topology
