#include "tests/sim/whole/machine.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "core/files.h"
#include "core/log.h"
#include "core/what_of.h"
#include "store/guarded_store.h"

namespace tandem::sim {
namespace {

/// Blocking work is done at once, and ends as an event.
class InlineWorkers final : public core::Workers {
 public:
  explicit InlineWorkers(asio::io_context& loop) : loop_(loop) {}
  void post(std::function<void()> work) override { asio::post(loop_, std::move(work)); }

 private:
  asio::io_context& loop_;
};

/// A process's way to a disk that outlives it.
class Opened final : public store::Store {
 public:
  explicit Opened(store::FaultyStore& disk) : disk_(disk) {}
  std::optional<std::string> get(std::string_view key) const override { return disk_.get(key); }
  void write(store::WriteBatch batch) override { disk_.write(std::move(batch)); }
  std::unique_ptr<store::Cursor> cursor(std::string_view begin,
                                        std::string_view end) const override {
    return disk_.cursor(begin, end);
  }
  std::uint64_t writes() const override { return disk_.writes(); }
  void sync() override { disk_.sync(); }

 private:
  store::FaultyStore& disk_;
};

class OneDisk final : public store::StoreFactory {
 public:
  explicit OneDisk(store::FaultyStore& disk) : disk_(disk) {}
  std::unique_ptr<store::Store> open(const std::filesystem::path&,
                                     const std::shared_ptr<store::EngineFailure>&) override {
    return std::make_unique<Opened>(disk_);
  }
  std::optional<store::Space> space(const std::filesystem::path&) override {
    return store::Space{10ULL << 30, 100ULL << 30};
  }

 private:
  store::FaultyStore& disk_;
};

/// When a process whose store could not be opened tries again.
constexpr std::chrono::milliseconds kPatience{100};

}  // namespace

struct Machine::Life {
  Life(const Setting& setting, Host& host, Clock& clock, store::FaultyStore& disk)
      : workers(loop),
        random(setting.random.next()),
        network(setting.wire, host),
        disks(disk),
        world{loop.get_executor(), workers, clock, random, network, disks, setting.keys} {}

  asio::io_context loop{1};
  InlineWorkers workers;
  core::SeededRandom random;
  HostNetwork network;
  OneDisk disks;
  service::World world;
  std::unique_ptr<HandlerRunner> programs;
  std::unique_ptr<region::Region> region;
  std::unique_ptr<global::Global> global;
  bool ended = false;  ///< stopped in good order, to be built anew

  service::Node& node() { return region ? region->node() : global->node(); }
};

Machine::Machine(Setting setting, Kind kind, std::string name, std::string address)
    : setting_(std::move(setting)),
      kind_(kind),
      clock_(setting_.time),
      disk_(std::make_unique<store::FaultyStore>()) {
  host_.name = std::move(name);
  host_.address = std::move(address);
  setting_.wire.add(host_);
}

/// A world ends with its process: lives are left where they stand, as after a kill.
Machine::~Machine() {
  static_cast<void>(life_.release());
  for (auto& life : abandoned_) static_cast<void>(life.release());
  static_cast<void>(disk_.release());
}

region::Region* Machine::region() { return life_ ? life_->region.get() : nullptr; }
global::Global* Machine::global() { return life_ ? life_->global.get() : nullptr; }
service::Node* Machine::node() { return life_ ? &life_->node() : nullptr; }

void Machine::start() {
  wanted_ = true;
  if (!life_) begin();
}

void Machine::make_folders() {
  std::filesystem::create_directories(setting_.config.state_folder / host_.name);
}

void Machine::begin() {
  make_folders();
  ++host_.life;
  host_.due = true;
  setting_.time.running = &host_;
  auto life = std::make_unique<Life>(setting_, host_, clock_, *disk_);
  host_.loop = &life->loop;
  // A process reads its configuration when it starts, and follows it by itself afterwards.
  service::Config& config = config_ = setting_.config;
  try {
    if (kind_ == Kind::kRegion) {
      life->programs =
          std::make_unique<HandlerRunner>(life->loop.get_executor(), setting_.handler(host_));
      life->region = std::make_unique<region::Region>(
          life->world, config, setting_.settings,
          region::node_options(config, setting_.settings, host_.name), life->programs.get());
    } else {
      life->global = std::make_unique<global::Global>(
          life->world, config, global::node_options(config, setting_.settings));
    }
    service::Node& node = life->node();
    host_.serve = [&node](net::HttpRequest request) { return node.handle(std::move(request)); };
    Life* self = life.get();
    node.start([self] {
      asio::co_spawn(self->loop, self->node().stop(),
                     [self](const std::exception_ptr&) { self->ended = true; });
    });
    life_ = std::move(life);
    setting_.time.running = nullptr;
  } catch (...) {
    setting_.time.running = nullptr;
    log::warning("{} does not start: {}", host_.name, core::what_of(std::current_exception()));
    host_.loop = nullptr;
    host_.serve = nullptr;
    abandoned_.push_back(std::move(life));
    setting_.time.after(kPatience, [this] {
      if (wanted_ && !life_) begin();
    });
  }
}

void Machine::kill() {
  wanted_ = false;
  host_.frozen = false;
  if (!life_) return;
  host_.loop = nullptr;
  host_.serve = nullptr;
  ++host_.life;
  abandoned_.push_back(std::move(life_));
  setting_.wire.host_is_down(host_);
}

std::size_t Machine::lose_power(std::size_t most) {
  kill();
  return disk_->lose_suffix(most);
}

void Machine::lose_disk() {
  kill();
  // Nothing of the old disk may be reached by what comes.
  static_cast<void>(disk_.release());
  disk_ = std::make_unique<store::FaultyStore>();
  std::filesystem::remove_all(setting_.config.state_folder / host_.name);
}

void Machine::after_writes(std::uint64_t count, std::function<void()> event) {
  call_off();
  fate_ = Fate{disk_->writes() + count, UINT64_MAX, std::move(event)};
}

void Machine::die_after_writes(std::uint64_t count, std::function<void()> event) {
  call_off();
  disk_->fail_after(count);
  fate_ = Fate{UINT64_MAX, disk_->failures() + 1, [this, event = std::move(event)] {
                 disk_->heal();
                 kill();
                 event();
               }};
}

void Machine::call_off() {
  if (fate_ && fate_->failures != UINT64_MAX) disk_->heal();
  fate_.reset();
}

bool Machine::fate_has_come() const {
  return fate_ && (disk_->writes() >= fate_->writes || disk_->failures() >= fate_->failures);
}

/// False when there was nothing to do.
bool Machine::run_loop() {
  life_->loop.restart();
  if (!fate_) return life_->loop.poll() > 0;
  bool ran = false;
  while (life_ && life_->loop.poll_one() > 0) {
    ran = true;
    if (!fate_has_come()) continue;
    setting_.time.running = nullptr;
    const Fate fate = *std::exchange(fate_, std::nullopt);
    fate.event();
    setting_.time.running = &host_;
  }
  return ran;
}

bool Machine::poll() {
  if (!life_ || host_.frozen) return false;
  if (!host_.due) return false;
  setting_.time.running = &host_;
  const bool ran = run_loop();
  setting_.time.running = nullptr;
  host_.due = ran;
  if (!life_ || !life_->ended) return ran;
  // Everything is read anew from the store (service/lives.h).
  ++rebirths_;
  host_.loop = nullptr;
  host_.serve = nullptr;
  ++host_.life;
  setting_.wire.host_is_down(host_);
  life_->region.reset();
  life_->global.reset();
  abandoned_.push_back(std::move(life_));
  begin();
  return true;
}

}  // namespace tandem::sim
