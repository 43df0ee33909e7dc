// Runs the script for Fiji in ImageJ without a window, and compares its overlay with a label image.
// Arguments: the script, the image, the label image.
import ij.IJ
import ij.WindowManager
import ij.process.FloatProcessor

def (script, path, truth) = args
def image = IJ.openImage(path)
WindowManager.setTempCurrentImage(image)
new GroovyShell().evaluate(new File(script))

def labels = IJ.openImage(truth).processor
def filled = new FloatProcessor(image.width, image.height)
image.overlay.toArray().eachWithIndex { roi, index ->
    filled.setValue(index + 1)
    filled.fill(roi)
}
def pixels = image.width * image.height
def different = (0..<pixels).count { filled.getf(it) != labels.getf(it) }
println "${image.overlay.size()} ROIs, ${labels.getStatistics().max as int} nuclei, ${different} pixels differ"
System.exit(0)
