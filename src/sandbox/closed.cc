#include "sandbox/closed.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <ifaddrs.h>
#include <memory>

#include "core/check.h"
#include "sandbox/cell.h"
#include "sandbox/explain.h"

namespace tandem::sandbox {

std::vector<in_addr> machine_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) throw CellError(explain_setup("own addresses", errno));
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(first, ::freeifaddrs);
  std::vector<in_addr> all;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const in_addr found = reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr;
    if ((ntohl(found.s_addr) >> IN_CLASSA_NSHIFT) != IN_LOOPBACKNET) all.push_back(found);
  }
  return all;
}

std::vector<in_addr> metadata_addresses() {
  constexpr std::array<const char*, 2> kTexts = {"169.254.169.254", "169.254.170.2"};
  std::vector<in_addr> all;
  for (const char* text : kTexts) {
    CHECK(::inet_pton(AF_INET, text, &all.emplace_back()) == 1);
  }
  return all;
}

}  // namespace tandem::sandbox
