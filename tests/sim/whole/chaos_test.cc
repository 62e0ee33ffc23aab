// Many seeds, each in a process of its own: what a run abandons goes with it, and a crash is a
// failure of its seed alone.
//
// First a few tours (tour.h), which go through what is demanded; then chaos for as long as there is
// time.
//
//   TANDEM_SIM_SEED=N     that one only, with its log on standard error
//   TANDEM_SIM_BASE=N     the first seed (tests/sim/run: from the tree)
//   TANDEM_SIM_SECONDS=N  how long; the seeds that found something once are run besides
#include "tests/sim/whole/chaos.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/json.h"
#include "core/log.h"
#include "tests/sim/whole/cloud.h"
#include "tests/sim/whole/tour.h"

namespace tandem::sim {
namespace {

/// Seeds of chaos that found something.
constexpr std::array<std::uint64_t, 2> kFoundSomething{881210170236, 223431114142};
constexpr std::uint64_t kTours = 3;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

json::object to_json(const Report& report) {
  json::array marks;
  for (const Mark mark : report.marks) marks.push_back(json::string(to_string(mark)));
  return {{"failure", report.failure},
          {"marks", std::move(marks)},
          {"simulated", report.simulated_s},
          {"answered", report.answered},
          {"promised", report.promised}};
}

/// What is done with a seed, and what the tests are called.
struct World {
  const char* name;
  Report (*run)(std::uint64_t seed);
};
constexpr World kTour{"Tour", run_tour};
constexpr World kChaos{"Chaos", run_chaos};

/// One seed's process.
struct Run {
  const World* world = nullptr;
  std::uint64_t seed = 0;
  pid_t pid = 0;
  int pipe = -1;
};

std::string log_of(const World& world, std::uint64_t seed) {
  return fmt::format("/tmp/tandem-sim-{}-{}.log", world.name, seed);
}

Run start(const World& world, std::uint64_t seed) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  const pid_t pid = ::fork();
  if (pid != 0) {
    ::close(ends[1]);
    return {&world, seed, pid, ends[0]};
  }
  ::close(ends[0]);
  const int log =
      ::open(log_of(world, seed).c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(log, STDERR_FILENO);
  const std::string text = json::to_text(to_json(world.run(seed)));
  const bool written = ::write(ends[1], text.data(), text.size()) == ssize_t(text.size());
  ::_exit(written ? 0 : 1);
}

struct Tally {
  std::uint64_t seeds = 0;
  double simulated_s = 0;
  std::int64_t answered = 0;
  std::int64_t promised = 0;
  std::map<std::string, std::uint64_t> marks;
};

void finish(const Run& run, Tally& tally) {
  std::string text;
  std::array<char, 4096> piece;
  ssize_t got = 0;
  while ((got = ::read(run.pipe, piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::close(run.pipe);
  int status = 0;
  ::waitpid(run.pid, &status, 0);
  const std::string log = log_of(*run.world, run.seed);
  const std::string again =
      fmt::format("TANDEM_SIM_SEED={} (--gtest_filter='{}*')", run.seed, run.world->name);
  ++tally.seeds;
  auto parsed = json::parse_text(text);
  if (!parsed || status != 0) {
    ADD_FAILURE() << again << ": its process died (status " << status << "); its log: " << log;
    return;
  }
  const json::object& report = parsed.value().as_object();
  tally.simulated_s += report.at("simulated").to_number<double>();
  tally.answered += report.at("answered").to_number<std::int64_t>();
  tally.promised += report.at("promised").to_number<std::int64_t>();
  for (const auto& mark : report.at("marks").as_array()) ++tally.marks[json::to_std(mark)];
  const std::string failure = json::string_or(report, "failure");
  if (failure.empty()) {
    ::unlink(log.c_str());
  } else {
    ADD_FAILURE() << again << ": " << failure << "; its log: " << log;
  }
}

/// As many at once as the machine has processors.
class Runner {
 public:
  void add(const World& world, std::uint64_t seed) {
    while (runs_.size() >= kAtOnce) take_one();
    runs_.push_back(start(world, seed));
  }
  Tally end() {
    while (!runs_.empty()) take_one();
    return tally_;
  }

 private:
  static constexpr std::size_t kAtOnce = 2;
  void take_one() {
    std::vector<pollfd> polled;
    for (const Run& run : runs_) polled.push_back({run.pipe, POLLIN, 0});
    ::poll(polled.data(), polled.size(), -1);
    for (std::size_t at = 0; at < polled.size(); ++at) {
      if (polled[at].revents == 0) continue;
      finish(runs_[at], tally_);
      runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
  }
  std::vector<Run> runs_;
  Tally tally_;
};

void print(const Tally& tally) {
  fmt::print("{} seeds, {:.1f} simulated hours, {} calls answered, {} writes promised\n",
             tally.seeds, tally.simulated_s / 3600, tally.answered, tally.promised);
  for (const Mark mark : all_marks()) {
    const auto found = tally.marks.find(to_string(mark));
    fmt::print("  {}: {} seeds\n", to_string(mark), found == tally.marks.end() ? 0 : found->second);
  }
}

/// A seed that is asked for, in this process.
void run_alone(const World& world, std::uint64_t seed) {
  const Report report = world.run(seed);
  fmt::print("{}\n", json::to_text(to_json(report)));
  EXPECT_EQ(report.failure, "");
}

TEST(Tour, GoesThroughEveryDemandedMark) {
  const std::uint64_t seed = setting("TANDEM_SIM_SEED", 0);
  if (seed == 0) GTEST_SKIP() << "with the others, in Chaos";
  run_alone(kTour, seed);
}

TEST(Chaos, WhatWasAcknowledgedIsThereAndCopiesAreEqual) {
  if (const std::uint64_t seed = setting("TANDEM_SIM_SEED", 0); seed != 0) {
    return run_alone(kChaos, seed);
  }
  const std::uint64_t base = setting("TANDEM_SIM_BASE", 1);
  const std::time_t end = std::time(nullptr) + std::time_t(setting("TANDEM_SIM_SECONDS", 40));
  Cloud::make_keys();
  Runner runner;
  for (std::uint64_t seed = base; seed < base + kTours; ++seed) runner.add(kTour, seed);
  for (const std::uint64_t seed : kFoundSomething) runner.add(kChaos, seed);
  for (std::uint64_t seed = base; std::time(nullptr) < end; ++seed) runner.add(kChaos, seed);
  const Tally tally = runner.end();
  print(tally);
  for (const Mark mark : demanded_marks()) {
    if (!tally.marks.contains(to_string(mark))) {
      ADD_FAILURE() << "no seed went through: " << to_string(mark);
    }
  }
}

}  // namespace
}  // namespace tandem::sim
