#include "cli/exec_network.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "cli/command.h"
#include "core/files.h"
#include "core/text.h"
#include "net/descriptor.h"
#include "sandbox/named_network.h"

namespace tandem::cli {
namespace {

constexpr std::size_t kLongestAnswer = 4'096;
constexpr int kPatience_s = 15;
constexpr std::string_view kYes = "ok";
constexpr std::string_view kNo = "no";
/// network, mounts and, of an ordinary user, user.
constexpr std::size_t kMostNamespaces = 3;
/// The helper's.
constexpr int kChannel = 3;
constexpr int kCommand = 4;

struct Answer {
  HelperSays says;
  std::vector<net::Descriptor> namespaces;
};

Answer receive_answer(int channel) {
  const timeval patience{kPatience_s, 0};
  ::setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, CMSG_SPACE(sizeof(int) * kMostNamespaces)> control{};
  std::string words(kLongestAnswer, '\0');
  iovec data{words.data(), words.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 2) return {{.why = "what serves it has ended, or does not answer"}, {}};
  words.resize(static_cast<std::size_t>(got));
  Answer answer;
  (words.starts_with(kYes) ? answer.says.note : answer.says.why) = words.substr(kYes.size());
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return answer;
  const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  std::array<int, kMostNamespaces> numbers{};
  std::memcpy(numbers.data(), CMSG_DATA(header), count * sizeof(int));
  for (std::size_t i = 0; i < count; ++i) answer.namespaces.emplace_back(numbers[i]);
  return answer;
}

/// Of what the command has open (its caller's pipes, say) nothing is left, and no standard
/// descriptor is what it was closed for.
void keep_only(int channel, int command) {
  constexpr int kAbove = 10;
  const int first = ::fcntl(channel, F_DUPFD, kAbove);
  const int second = ::fcntl(command, F_DUPFD, kAbove);
  const int null = ::fcntl(::open("/dev/null", O_RDWR), F_DUPFD, kAbove);
  for (const int standard : {0, 1, 2}) ::dup2(null, standard);
  ::dup2(first, kChannel);
  ::dup2(second, kCommand);
  ::close_range(kCommand + 1, ~0U, 0);
}

/// In a child that nobody waits for: the command may wait for all of its children.
[[noreturn]] void become_helper(std::vector<std::string> words, const std::string& folder,
                                int channel, int command) {
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  keep_only(channel, command);
  if (::chdir(folder.c_str()) != 0) ::_exit(1);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(1);
}

}  // namespace

void send_answer(int channel, const HelperSays& says, const std::vector<int>& namespaces) {
  std::array<char, CMSG_SPACE(sizeof(int) * kMostNamespaces)> control{};
  std::string words(says.why.empty() ? kYes : kNo);
  words += says.why.empty() ? says.note : says.why;
  words.resize(std::min(words.size(), kLongestAnswer));
  iovec data{words.data(), words.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!namespaces.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * namespaces.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * namespaces.size());
    std::memcpy(CMSG_DATA(header), namespaces.data(), sizeof(int) * namespaces.size());
  }
  ::sendmsg(channel, &message, MSG_NOSIGNAL);
}

std::optional<std::filesystem::path> inside_exec_of() {
  const std::string text = core::find_file("/etc/resolv.conf").value_or("");
  if (!text.starts_with(kInsideMark)) return std::nullopt;
  const std::size_t end = std::min(text.find('\n'), text.size());
  return text.substr(kInsideMark.size(), end - kInsideMark.size());
}

void require_outside_of_exec(std::string_view command) {
  const auto world = inside_exec_of();
  if (!world) return;
  throw Failure(kUsage, fmt::format("this runs under 'tandem exec' of {}, in a network that nobody "
                                    "outside reaches: run 'tandem {}' without it",
                                    world->parent_path().string(), command));
}

std::string enter_named_network(const topology::LocalWorld& world,
                                const topology::Topology& topology,
                                const std::filesystem::path& trusted) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::generic_category().message(errno);
  }
  const net::Descriptor here(ends[0]);
  net::Descriptor there(ends[1]);
  const net::Descriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (self.get() < 0) {
    return "the kernel has no pidfd_open: " + std::generic_category().message(errno);
  }
  const std::vector<std::string> words = {"tandem",       "exec-network",
                                          "--config",     (world.folder() / "config.json").string(),
                                          "--zone",       topology.zone,
                                          "--trusted",    trusted.string(),
                                          "--channel-fd", std::to_string(kChannel),
                                          "--command-fd", std::to_string(kCommand)};
  const pid_t child = ::fork();
  if (child < 0) return std::generic_category().message(errno);
  if (child == 0) become_helper(words, world.folder().string(), there.get(), self.get());
  there = net::Descriptor();
  ::waitpid(child, nullptr, 0);
  Answer answer = receive_answer(here.get());
  if (!answer.says.why.empty()) return answer.says.why;
  if (answer.namespaces.size() < kMostNamespaces - 1) return "some of its namespaces are missing";
  answer.namespaces.resize(kMostNamespaces);
  try {
    sandbox::join({.network = std::move(answer.namespaces[0]),
                   .mounts = std::move(answer.namespaces[1]),
                   .user = std::move(answer.namespaces[2])});
  } catch (const sandbox::CellError& error) {
    throw Failure(kFailed, fmt::format("{}; '--network host' does without it", error.what()));
  }
  if (!answer.says.note.empty()) remark("tandem: " + answer.says.note);
  return "";
}

}  // namespace tandem::cli
