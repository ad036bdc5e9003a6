package io.backpool.server;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How busy the processors are, each value since the one before it, from 0 to 1. */
interface CpuLoad {
    /** All processes of this host or container. */
    double system();

    /** This process. */
    double process();

    /** The real one. */
    static CpuLoad ofThisHost() {
        var bean = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new CpuLoad() {
            @Override
            public double system() {
                return bean.getCpuLoad();
            }

            @Override
            public double process() {
                return bean.getProcessCpuLoad();
            }
        };
    }
}
