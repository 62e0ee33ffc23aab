// The users of a build's room, by its own /etc/passwd and /etc/group. Private to sandbox/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sandbox {

struct Account {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::vector<std::uint32_t> further_groups;
  std::string home;
};

/// passwd(5), group(5). name may be a number. Pure.
std::optional<Account> find_account(std::string_view name, std::string_view passwd,
                                    std::string_view group);

/// The calling process becomes that user, who owns descriptor script from then on. Gives why it has
/// not, or "". For a process of one thread.
std::string become_account(const std::string& name, int script);

}  // namespace tandem::sandbox
