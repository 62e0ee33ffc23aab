#include "sandbox/room_accounts.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"

namespace tandem::sandbox {
namespace {

/// setgroups(2).
constexpr std::size_t kMostGroups = 65'536;
constexpr std::size_t kLargestFile = 16 * 1024 * 1024;

std::optional<std::uint32_t> number(std::string_view text) {
  const auto value = core::parse_uint(text);
  if (!value || *value >= UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

std::optional<Account> find_account(std::string_view name, std::string_view passwd,
                                    std::string_view group) {
  constexpr std::size_t kFields = 7;
  std::optional<Account> found;
  std::string_view found_name;
  for (const std::string_view line : core::split(passwd, '\n')) {
    const auto fields = core::split(line, ':');
    if (fields.size() < kFields || (fields[0] != name && fields[2] != name)) continue;
    const auto user = number(fields[2]);
    const auto main = number(fields[3]);
    if (!user || !main) continue;
    found = Account{*user, *main, {}, std::string(fields[5])};
    found_name = fields[0];
    break;
  }
  if (!found) return std::nullopt;
  for (const std::string_view line : core::split(group, '\n')) {
    const auto fields = core::split(line, ':');
    if (fields.size() < 4) continue;
    const auto members = core::split(fields[3], ',');
    const auto its = number(fields[2]);
    if (its && std::ranges::find(members, found_name) != members.end() &&
        found->further_groups.size() < kMostGroups) {
      found->further_groups.push_back(*its);
    }
  }
  return found;
}

std::string become_account(const std::string& name, int script) {
  const std::string passwd = core::find_small_file("/etc/passwd", kLargestFile).value_or("");
  const std::string group = core::find_small_file("/etc/group", kLargestFile).value_or("");
  const auto account = find_account(name, passwd, group);
  if (!account) return fmt::format("run-as: there is no user {}", name);
  // Without a range of users, root's is the only number there is, and groups are not to be set.
  if (account->user == ::geteuid()) return "";
  std::vector<gid_t> groups(account->further_groups.begin(), account->further_groups.end());
  const bool become = ::fchown(script, account->user, account->group) == 0 &&
                      ::setgroups(groups.size(), groups.data()) == 0 &&
                      ::setresgid(account->group, account->group, account->group) == 0 &&
                      ::setresuid(account->user, account->user, account->user) == 0;
  if (become) return "";
  return fmt::format("run-as: the shell cannot be {}'s: {}", name, std::strerror(errno));
}

}  // namespace tandem::sandbox
